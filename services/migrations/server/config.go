package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"time"

	"devtrail.dev/kit/auth"
	"devtrail.dev/kit/serve"
	"devtrail.dev/kit/telemetry"
	"devtrail.dev/services/migrations"
	"devtrail.dev/services/migrations/internal/runner"
)

// Config has the settings of the service.
type Config struct {
	Serve serve.Config `envPrefix:"MIGRATIONS_"`

	// ClickHouseCluster is the name of a cluster in system.clusters when ClickHouse is more than one server; every host of it gets the files.
	ClickHouseCluster string `env:"MIGRATIONS_CLICKHOUSE_CLUSTER"`
	// Apply is auto, or manual: then files are applied only when ApplyDatabase is called.
	Apply string `env:"MIGRATIONS_APPLY" envDefault:"auto"`
	// ClickHouseURL leads to a ClickHouse server and a user who may create databases; needed when the events are there.
	ClickHouseURL string `env:"MIGRATIONS_CLICKHOUSE_URL"`
	// DatabasePrefix is put before the name of every database, for servers that are shared by several installations.
	DatabasePrefix string `env:"MIGRATIONS_DATABASE_PREFIX"`
	// DDLTimeout ends a statement of Postgres that changes definitions.
	DDLTimeout time.Duration `env:"MIGRATIONS_DDL_TIMEOUT" envDefault:"5s"`
	// EventsStore says where the events are: clickhouse or postgres.
	EventsStore string `env:"MIGRATIONS_EVENTS_STORE" envDefault:"clickhouse"`
	// IdentityAddress is where the keys of organizations are asked about; empty: they are refused.
	IdentityAddress string `env:"MIGRATIONS_IDENTITY_ADDRESS"`
	// Keys are the operator's and the services' keys.
	Keys auth.Keys
	// LockBudget ends the repetitions of a run that gets no table lock.
	LockBudget time.Duration `env:"MIGRATIONS_LOCK_BUDGET" envDefault:"1m"`
	// LockTimeout ends one wait for a table lock.
	LockTimeout time.Duration `env:"MIGRATIONS_LOCK_TIMEOUT" envDefault:"2s"`
	// LogLevel is debug, info, warn or error.
	LogLevel string `env:"LOG_LEVEL" envDefault:"info"`
	// PostgresURL leads to the Postgres server itself, not to a pooler, with a user who may create databases.
	PostgresURL string `env:"MIGRATIONS_POSTGRES_URL,required"`
	// Standbys are the application names, separated by commas, of Postgres standbys and receivers of its log whose readers all hold leases, or that have none.
	// Any other keeps the gates of contract files closed.
	Standbys []string `env:"MIGRATIONS_STANDBYS"`
}

func defaults() Config {
	return Config{Serve: serve.Config{Address: "127.0.0.1:7401", DebugAddress: "127.0.0.1:7411"}}
}

// Validate returns all mistakes.
func (c *Config) Validate() error {
	mistakes := []error{c.Serve.Validate("MIGRATIONS_"), c.Keys.Validate(), telemetry.CheckLevel(c.LogLevel)}
	if u, err := url.Parse(c.PostgresURL); err != nil || (u.Scheme != "postgres" && u.Scheme != "postgresql") {
		mistakes = append(mistakes, errors.New("MIGRATIONS_POSTGRES_URL is not a URL that begins with postgres://"))
	}
	if c.Apply != "auto" && c.Apply != "manual" {
		mistakes = append(mistakes, fmt.Errorf("MIGRATIONS_APPLY %q is neither auto nor manual", c.Apply))
	}
	switch c.EventsStore {
	case "clickhouse":
		if c.ClickHouseURL == "" {
			mistakes = append(mistakes, errors.New("MIGRATIONS_CLICKHOUSE_URL is not set; set it, or MIGRATIONS_EVENTS_STORE=postgres"))
		}
	case "postgres":
	default:
		mistakes = append(mistakes, fmt.Errorf("MIGRATIONS_EVENTS_STORE %q is neither clickhouse nor postgres", c.EventsStore))
	}
	if c.DatabasePrefix != "" {
		for _, t := range migrations.Targets(migrations.Postgres, c.DatabasePrefix) {
			if err := migrations.CheckDatabaseName(t.Database); err != nil {
				mistakes = append(mistakes, fmt.Errorf("MIGRATIONS_DATABASE_PREFIX: %w", err))
				break
			}
		}
	}
	if c.IdentityAddress != "" {
		if _, err := c.Keys.Own(); err != nil {
			mistakes = append(mistakes, err)
		}
	}
	for name, d := range map[string]time.Duration{"DDL_TIMEOUT": c.DDLTimeout, "LOCK_BUDGET": c.LockBudget, "LOCK_TIMEOUT": c.LockTimeout} {
		if d <= 0 {
			mistakes = append(mistakes, fmt.Errorf("MIGRATIONS_%s %s is not positive", name, d))
		}
	}
	return errors.Join(mistakes...)
}

func (c *Config) events() migrations.Engine {
	if c.EventsStore == "postgres" {
		return migrations.Postgres
	}
	return migrations.ClickHouse
}

// runner is what of the settings concerns the runner.
func (c *Config) runner(ctx context.Context, logger *slog.Logger) runner.Config {
	return runner.Config{
		Build:             build(),
		ClickHouseCluster: c.ClickHouseCluster,
		DDLTimeout:        c.DDLTimeout,
		LockBudget:        c.LockBudget,
		LockTimeout:       c.LockTimeout,
		Manual:            c.Apply == "manual",
		Observe: func(s runner.Step) {
			logger.DebugContext(ctx, "migration step", "database", s.Database, "file", s.File, "statement", s.Statement, "phase", string(s.Phase))
		},
	}
}
