package server

import (
	"errors"
	"fmt"

	"devtrail.dev/kit/auth"
	"devtrail.dev/kit/serve"
	"devtrail.dev/kit/telemetry"
	"devtrail.dev/services/events"
	"devtrail.dev/services/events/internal/cohorts"
	"devtrail.dev/services/events/internal/folding"
	"devtrail.dev/services/events/internal/promoting"
	"devtrail.dev/services/events/internal/turns"
	"devtrail.dev/services/events/internal/web"
)

// The values of EVENTS_STORE.
const (
	storeClickHouse = "clickhouse"
	storePostgres   = "postgres"
)

// Config is the settings of the events service, by environment variable; NAME_FILE reads the value of NAME from a file.
type Config struct {
	serve.Config `envPrefix:"EVENTS_"`

	// HTTP is the door of the sources that cannot speak gRPC.
	HTTP web.Config `envPrefix:"EVENTS_HTTP_"`
	// HooksFile is the file that lists the webhooks of Git providers that may be delivered; empty: none. It is read again when it changes.
	HooksFile string `env:"EVENTS_HOOKS_FILE"`
	// Questions are how many questions may be asked of the database at once.
	Questions turns.Limits `envPrefix:"EVENTS_QUESTIONS_"`
	// Query is what one question may take of the database.
	Query events.QueryLimits `envPrefix:"EVENTS_QUERY_"`
	// Fold says when links and merges are brought into the stored events.
	Fold folding.Config `envPrefix:"EVENTS_FOLD_"`
	// Cohorts says how old the computed members of cohorts may become.
	Cohorts cohorts.Config `envPrefix:"EVENTS_COHORTS_"`
	// Promote says how many properties an organization may promote, and when promotions go on.
	Promote promoting.Config `envPrefix:"EVENTS_PROMOTE_"`
	// Ingest is the way in, whichever the door.
	Ingest Ingest
	// Store says where events are kept: clickhouse or postgres.
	Store string `env:"EVENTS_STORE" envDefault:"clickhouse"`
	// ClickHouseURL is the ClickHouse database of this service; needed when the store is clickhouse.
	ClickHouseURL string `env:"EVENTS_CLICKHOUSE_URL"`
	// PostgresURL is the Postgres database of this service; needed when the store is postgres.
	PostgresURL string `env:"EVENTS_POSTGRES_URL"`
	// IdentityAddress is where identities are resolved and organization keys are judged.
	IdentityAddress string `env:"EVENTS_IDENTITY_ADDRESS" envDefault:"127.0.0.1:7402"`
	// Keys are the operator's and the services' keys.
	Keys auth.Keys
	// MigrationsAddress is where this instance holds its lease; empty: it holds none, and gates of schema changes see its connections as strangers'.
	MigrationsAddress string `env:"EVENTS_MIGRATIONS_ADDRESS"`
	// LogLevel is debug, info, warn or error.
	LogLevel string `env:"LOG_LEVEL" envDefault:"info"`
}

// largestBatch is 20 MiB of events and room for the frame of the message.
const largestBatch = 20<<20 + 64<<10

// defaults are the addresses on a single machine, and messages that hold the largest batch.
func defaults() Config {
	return Config{
		Config: serve.Config{Address: "127.0.0.1:7404", DebugAddress: "127.0.0.1:7414", MaxMessageBytes: largestBatch},
		HTTP:   web.Config{Address: "127.0.0.1:7424"},
	}
}

// Validate joins all mistakes. It quotes no key.
func (c *Config) Validate() error {
	mistakes := []error{
		c.Config.Validate("EVENTS_"),
		c.HTTP.Validate(),
		c.Cohorts.Validate(),
		c.Fold.Validate(),
		c.Promote.Validate(),
		c.Ingest.Validate(),
		c.Questions.Validate(),
		c.Query.Validate(),
		c.Keys.Validate(),
		telemetry.CheckLevel(c.LogLevel),
	}
	if c.MaxMessageBytes < largestBatch {
		mistakes = append(mistakes, fmt.Errorf("EVENTS_MAX_MESSAGE_BYTES %d is less than %d: the largest batch must fit", c.MaxMessageBytes, largestBatch))
	}
	switch {
	case c.Store == storeClickHouse && c.ClickHouseURL == "":
		mistakes = append(mistakes, errors.New("EVENTS_CLICKHOUSE_URL is empty: EVENTS_STORE=clickhouse needs it"))
	case c.Store == storePostgres && c.PostgresURL == "":
		mistakes = append(mistakes, errors.New("EVENTS_POSTGRES_URL is empty: EVENTS_STORE=postgres needs it"))
	case c.Store != storeClickHouse && c.Store != storePostgres:
		mistakes = append(mistakes, fmt.Errorf("EVENTS_STORE %q is neither clickhouse nor postgres", c.Store))
	}
	if _, err := c.Keys.Own(); err != nil {
		mistakes = append(mistakes, err)
	}
	return errors.Join(mistakes...)
}
