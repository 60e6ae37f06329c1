package stack

import (
	"context"
	"io"
	"strings"

	eventsserver "devtrail.dev/services/events/server"
	identityserver "devtrail.dev/services/identity/server"
	migrationsserver "devtrail.dev/services/migrations/server"
	packagesserver "devtrail.dev/services/packages/server"
)

// service is a row of the suite's table: one of our own processes.
type service struct {
	name    string
	address string   // default of its gRPC door
	debug   string   // default of its debug port
	http    string   // default of its HTTP door; empty for services without one
	deps    []string // processes that must be SERVING first
	prepare func()   // the process, first of all; may be nil
	run     func(ctx context.Context, getenv func(string) string, stderr io.Writer) error
	env     func(p *plan) map[string]string // its settings beside the addresses and keys
}

// services are started in this order. Each one's settings are described in its
// README.
var services = []service{
	{
		name: "migrations", address: "127.0.0.1:7401", debug: "127.0.0.1:7411",
		deps: []string{processPostgres, processClickHouse},
		run:  migrationsserver.Run,
		env: func(p *plan) map[string]string {
			return map[string]string{
				"MIGRATIONS_POSTGRES_URL":     p.postgres.databaseURL("postgres"),
				"MIGRATIONS_CLICKHOUSE_URL":   p.clickhouse.databaseURL("default"),
				"MIGRATIONS_EVENTS_STORE":     p.cfg.EventsStore,
				"MIGRATIONS_IDENTITY_ADDRESS": p.endpoint("identity"),
			}
		},
	},
	{
		name: "identity", address: "127.0.0.1:7402", debug: "127.0.0.1:7412",
		deps: []string{"migrations"},
		run:  identityserver.Run,
		env: func(p *plan) map[string]string {
			return map[string]string{
				"IDENTITY_MIGRATIONS_ADDRESS":   p.endpoint("migrations"),
				"IDENTITY_DATABASE_URL":         p.postgres.databaseURL("identity"),
				"IDENTITY_BOOTSTRAP_ADMIN_KEY":  p.keys.Admin,
				"IDENTITY_BOOTSTRAP_INGEST_KEY": p.keys.Ingest,
			}
		},
	},
	{
		name: "packages", address: "127.0.0.1:7403", debug: "127.0.0.1:7413",
		deps: []string{"migrations", "identity"},
		run:  packagesserver.Run,
		env: func(p *plan) map[string]string {
			return map[string]string{
				"PACKAGES_DATABASE_URL":       p.postgres.databaseURL("packages"),
				"PACKAGES_IDENTITY_ADDRESS":   p.endpoint("identity"),
				"PACKAGES_MIGRATIONS_ADDRESS": p.endpoint("migrations"),
			}
		},
	},
	{
		name: "events", address: "127.0.0.1:7404", debug: "127.0.0.1:7414", http: "127.0.0.1:7424",
		deps:    []string{"migrations", "identity", "packages"},
		prepare: eventsserver.Prepare,
		run:     eventsserver.Run,
		env: func(p *plan) map[string]string {
			env := map[string]string{
				"EVENTS_STORE":              p.cfg.EventsStore,
				"EVENTS_IDENTITY_ADDRESS":   p.endpoint("identity"),
				"EVENTS_MIGRATIONS_ADDRESS": p.endpoint("migrations"),
				"EVENTS_CLICKHOUSE_URL":     "",
				"EVENTS_POSTGRES_URL":       "",
				// What the log remembers is what one database has.
				"EVENTS_QUEUE_DIR": p.home.path(queueDir, p.cfg.EventsStore),
			}
			if p.cfg.EventsStore == StorePostgres {
				env["EVENTS_POSTGRES_URL"] = p.postgres.databaseURL("analytics")
			} else {
				env["EVENTS_CLICKHOUSE_URL"] = p.clickhouse.databaseURL("analytics")
			}
			return env
		},
	},
}

// addressSetting names the setting of a service's gRPC door; debugSetting that
// of its debug port; httpSetting that of its HTTP door.
func (s service) addressSetting() string { return strings.ToUpper(s.name) + "_ADDRESS" }
func (s service) debugSetting() string   { return strings.ToUpper(s.name) + "_DEBUG_ADDRESS" }
func (s service) httpSetting() string    { return strings.ToUpper(s.name) + "_HTTP_ADDRESS" }
