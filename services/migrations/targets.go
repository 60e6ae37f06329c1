package migrations

import (
	"fmt"
	"io/fs"
	"regexp"

	eventsmigrations "devtrail.dev/services/events/migrations"
	identitymigrations "devtrail.dev/services/identity/migrations"
	ledgermigrations "devtrail.dev/services/migrations/migrations"
	packagesmigrations "devtrail.dev/services/packages/migrations"
)

// Engine is the kind of a database.
type Engine uint8

// The engines.
const (
	Postgres Engine = iota + 1
	ClickHouse
)

// String returns the name of the product.
func (e Engine) String() string {
	if e == ClickHouse {
		return "ClickHouse"
	}
	return "Postgres"
}

// Target is one database of the suite and the files that make it.
type Target struct {
	// Name is how people and RPCs call it.
	Name string
	// Database is its name on the server: Name, after a prefix when the installation has one.
	Database string
	Engine   Engine
	// Owner is the service that owns the files and is the only one to use the database.
	Owner string
	Files fs.FS
}

// Ledger is the name of the database of this service. It is applied first, since the runs of all others are written to it.
const Ledger = "migrations"

// Targets returns the databases of an installation, the ledger first. Events says where the events are stored; prefix is put before every database name.
func Targets(events Engine, prefix string) []Target {
	eventFiles := eventsmigrations.Postgres()
	if events == ClickHouse {
		eventFiles = eventsmigrations.ClickHouse()
	}
	targets := []Target{
		{Name: Ledger, Engine: Postgres, Owner: "migrations", Files: ledgermigrations.FS},
		{Name: "identity", Engine: Postgres, Owner: "identity", Files: identitymigrations.FS},
		{Name: "packages", Engine: Postgres, Owner: "packages", Files: packagesmigrations.FS},
		{Name: "analytics", Engine: events, Owner: "events", Files: eventFiles},
	}
	for i := range targets {
		targets[i].Database = prefix + targets[i].Name
	}
	return targets
}

var databaseName = regexp.MustCompile(`^[a-z][a-z0-9_]{0,62}$`)

// CheckDatabaseName refuses names that are not plain on both engines: a lower-case letter, then at most 62 lower-case letters, digits and underscores.
func CheckDatabaseName(name string) error {
	if !databaseName.MatchString(name) {
		return fmt.Errorf("database name %q is not a lower-case letter followed by at most 62 lower-case letters, digits and underscores", name)
	}
	return nil
}
