package stack

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/jackc/pgx/v5"
)

// postgresDatabases and clickhouseDatabases are the databases of the suite.
var (
	postgresDatabases   = []string{"analytics", "identity", "migrations", "packages"}
	clickhouseDatabases = []string{"analytics"}
)

// ResetTargets says in words what Reset would look at, and refuses as it does.
func ResetTargets(cfg Config) ([]string, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	home, err := openHome(cfg.DataDir)
	if err != nil {
		return nil, err
	}
	defer home.Close()
	var targets []string
	for _, d := range []struct{ name, setting string }{{processPostgres, envPostgresURL}, {processClickHouse, envClickHouseURL}} {
		database, err := newDatabase(d.name, d.setting, cfg)
		if err != nil {
			return nil, err
		}
		if database.embedded() {
			targets = append(targets, fmt.Sprintf("the embedded %s of %s", d.name, cfg.DataDir))
		} else {
			targets = append(targets, fmt.Sprintf("the server %s of %s", database.external.Host, d.setting))
		}
	}
	return targets, nil
}

// Reset drops the databases of the suite: the data folders of the embedded
// engines, or the databases by name on the servers that the user named, and
// the events that wait for them. Keys and logs stay. It refuses while the suite runs (errors.As knows
// *RunningError) and returns what it removed, in words.
func Reset(ctx context.Context, cfg Config) ([]string, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	home, err := openHome(cfg.DataDir)
	if err != nil {
		return nil, err
	}
	defer home.Close()
	postgres, err := newDatabase(processPostgres, envPostgresURL, cfg)
	if err != nil {
		return nil, err
	}
	clickhouse, err := newDatabase(processClickHouse, envClickHouseURL, cfg)
	if err != nil {
		return nil, err
	}
	// Postgres first: without its ledger the migrations service starts from
	// nothing on the other server too.
	drops := []func() ([]string, error){
		func() ([]string, error) { return dropPostgres(ctx, postgres) },
		func() ([]string, error) { return dropClickHouse(ctx, clickhouse) },
	}
	if postgres.embedded() {
		drops[0] = func() ([]string, error) { return removeFolders(home.path("postgres"), rootPostgresDir(home.dir)) }
	}
	if clickhouse.embedded() {
		drops[1] = func() ([]string, error) { return removeFolders(home.path("clickhouse")) }
	}
	var removed []string
	for _, drop := range drops {
		more, err := drop()
		removed = append(removed, more...)
		if err != nil {
			return removed, err
		}
	}
	// What was accepted and not stored goes too, and the memory of what was stored.
	more, err := removeFolders(home.path(queueDir))
	removed = append(removed, more...)
	if err != nil {
		return removed, err
	}
	return removed, removeState(home.dir)
}

// removeFolders removes the folders and the files that the engines keep beside
// them.
func removeFolders(dirs ...string) ([]string, error) {
	var removed []string
	for _, dir := range dirs {
		if _, err := os.Stat(dir); err != nil {
			continue
		}
		for _, path := range []string{dir, dir + ".password", dir + ".lock", dir + ".log", dir + ".log.1"} {
			if err := os.RemoveAll(path); err != nil {
				return removed, err
			}
		}
		removed = append(removed, "folder "+dir)
	}
	return removed, nil
}

func dropPostgres(ctx context.Context, d *database) (removed []string, err error) {
	conn, err := pgx.Connect(ctx, withDatabase(d.external, "postgres"))
	if err != nil {
		return nil, fmt.Errorf("connect to the server of %s: %w", envPostgresURL, err)
	}
	defer func() { err = errors.Join(err, conn.Close(ctx)) }()
	for _, name := range postgresDatabases {
		if _, err := conn.Exec(ctx, "DROP DATABASE IF EXISTS "+pgx.Identifier{name}.Sanitize()+" WITH (FORCE)"); err != nil {
			return removed, fmt.Errorf("drop database %s: %w", name, err)
		}
		removed = append(removed, "Postgres database "+name)
	}
	return removed, nil
}

func dropClickHouse(ctx context.Context, d *database) (removed []string, err error) {
	options, err := clickhouse.ParseDSN(withDatabase(d.external, "default"))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", envClickHouseURL, err)
	}
	conn, err := clickhouse.Open(options)
	if err != nil {
		return nil, fmt.Errorf("connect to the server of %s: %w", envClickHouseURL, err)
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	for _, name := range clickhouseDatabases {
		if err := conn.Exec(ctx, "DROP DATABASE IF EXISTS `"+name+"` SYNC"); err != nil {
			return removed, fmt.Errorf("drop database %s: %w", name, err)
		}
		removed = append(removed, "ClickHouse database "+name)
	}
	return removed, nil
}
