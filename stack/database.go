package stack

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"runtime"
	"sync/atomic"

	"devtrail.dev/stack/engines"
	"devtrail.dev/stack/supervisor"
)

// Names of the engines' processes.
const (
	processPostgres   = "postgres"
	processClickHouse = "clickhouse"
)

// Settings that name servers to use instead of the embedded engines.
const (
	envPostgresURL   = "DEVTRAIL_POSTGRES_URL"
	envClickHouseURL = "DEVTRAIL_CLICKHOUSE_URL"
)

// database is a server of one engine: one of ours, or one that the user named.
type database struct {
	name     string // of its process
	external *url.URL
	absent   bool // the suite runs without it
	start    func(ctx context.Context, port, httpPort int) (*engines.Server, error)

	// What the running server told. A service that is started may ask for it
	// while the server itself is started again. A restart keeps the ports, because the services
	// know them.
	server         atomic.Pointer[url.URL]
	port, httpPort int
}

// newDatabase reads the setting that may name a server of the user.
func newDatabase(name, setting string, cfg Config) (*database, error) {
	d := &database{name: name}
	raw := cfg.getenv(setting)
	if raw == "" {
		return d, nil
	}
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" {
		// The text may hold a password and is not repeated.
		return nil, fmt.Errorf("%s is not a URL like %s://user:password@host:port", setting, name)
	}
	d.external = u
	return d, nil
}

// embedded reports whether the server is a process of ours.
func (d *database) embedded() bool { return d.external == nil && !d.absent }

// databaseURL is the address of one database of the server, "" when the suite
// runs without it. It is known once the server is ready.
func (d *database) databaseURL(name string) string {
	if d.absent {
		return ""
	}
	u := d.server.Load()
	if d.external != nil {
		u = d.external
	}
	return withDatabase(u, name)
}

func withDatabase(server *url.URL, name string) string {
	u := *server
	u.Path = "/" + name
	return u.String()
}

// process is the server's row in the table of the supervisor.
func (d *database) process() supervisor.Process {
	return supervisor.Process{
		Name: d.name,
		Start: func(ctx context.Context) (supervisor.Running, error) {
			server, err := d.start(ctx, d.port, d.httpPort)
			if err != nil {
				return nil, err
			}
			u, err := url.Parse(server.URL())
			if err != nil {
				return nil, errors.Join(err, server.Stop(ctx))
			}
			d.server.Store(u)
			d.port, d.httpPort = server.Port(), server.HTTPPort()
			return server, nil
		},
	}
}

// startPostgres starts the embedded Postgres in the data folder or, for root,
// where its unprivileged user can reach it.
func startPostgres(cfg Config, home *home) func(context.Context, int, int) (*engines.Server, error) {
	dir := home.path("postgres")
	return func(ctx context.Context, port, _ int) (*engines.Server, error) {
		pg := engines.PostgresConfig{
			DataDir: dir, Durable: true, LogFile: home.path(logsDir, "postgres.log"), Port: port, Progress: cfg.Progress,
			Settings: map[string]string{},
		}
		if runtime.GOOS == "linux" {
			// After a crash Postgres syncs every file of the cluster before it
			// recovers: thousands of calls, or this one.
			pg.Settings["recovery_init_sync_method"] = "syncfs"
		}
		server, err := engines.StartPostgres(ctx, pg)
		if other := rootPostgresDir(home.dir); errors.Is(err, engines.ErrUnreachable) && dir != other {
			dir, pg.DataDir = other, other
			cfg.Note(fmt.Sprintf("PostgreSQL's user cannot reach %s: its data is in %s", home.dir, filepath.Dir(other)))
			return engines.StartPostgres(ctx, pg)
		}
		return server, err
	}
}

func startClickHouse(cfg Config, home *home) func(context.Context, int, int) (*engines.Server, error) {
	return func(ctx context.Context, port, httpPort int) (*engines.Server, error) {
		return engines.StartClickHouse(ctx, engines.ClickHouseConfig{
			DataDir: home.path("clickhouse"), LogFile: home.path(logsDir, "clickhouse.log"),
			TCPPort: port, HTTPPort: httpPort, Progress: cfg.Progress,
		})
	}
}
