package chrunner

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"devtrail.dev/kit/schema"
	"devtrail.dev/services/migrations"
)

// Error codes of ClickHouse on which the package acts.
const (
	codeUnknownTable    = 60
	codeUnknownDatabase = 81
)

// host is one server of the database.
type host struct {
	// name is host:port; empty when the server is alone.
	name string
	// place is the host's shard and replica in the cluster, for people.
	place    string
	shard    uint32
	database string
	conn     driver.Conn // to the target database; used only when that exists, see exists
	server   driver.Conn // to the database of the server's URL
}

func (h *host) close() {
	_ = h.conn.Close()
	_ = h.server.Close()
}

// prefix begins a sentence about the host.
func (h *host) prefix() string {
	if h.name == "" {
		return ""
	}
	return "host " + h.name + " (" + h.place + "): "
}

// away makes errors that did not come from the server itself ErrServerAway, and names the host.
func (h *host) away(err error) error {
	if err == nil || errors.Is(err, migrations.ErrRefused) || errors.Is(err, migrations.ErrServerAway) {
		return err
	}
	if _, ok := errors.AsType[*clickhouse.Exception](err); ok {
		if h.name == "" {
			return err
		}
		return fmt.Errorf("%s%w", h.prefix(), err)
	}
	if h.name == "" {
		return migrations.ErrServerAway.Wrap(err)
	}
	return migrations.ErrServerAway.With("host %s (%s) is down; nothing goes on before it is back, and then exactly there", h.name, h.place).Wrap(err)
}

// exists reports whether the database is there. It is asked before the first use of conn: the embedded ClickHouse ends with an abort
// soon after a client has asked for a session in a database that does not exist.
func (h *host) exists(ctx context.Context) (bool, error) {
	n, err := scalar[uint64](ctx, h.server, "SELECT count() FROM system.databases WHERE name = {name:String}", clickhouse.Named("name", h.database))
	return n > 0, h.away(err)
}

func (h *host) applied(ctx context.Context) (map[int64]string, error) {
	if ok, err := h.exists(ctx); !ok || err != nil {
		return map[int64]string{}, err
	}
	applied := map[int64]string{}
	err := each(ctx, h.conn, schema.ClickHouseApplied, func(scan func(...any) error) error {
		var version int64
		var checksum string
		if err := scan(&version, &checksum); err != nil {
			return err
		}
		applied[version] = checksum
		return nil
	})
	if missing(err) {
		return map[int64]string{}, nil
	}
	return applied, h.away(err)
}

// hosts returns the hosts of the cluster by shard and replica, or the one server.
func (e *Engine) hosts(ctx context.Context) ([]*host, error) {
	seed, err := e.connect("", e.opts.Addr)
	if err != nil || e.cfg.Cluster == "" {
		return []*host{seed}, err
	}
	var hosts []*host
	err = each(ctx, seed.server, `
SELECT
    host_name,
    port,
    shard_num,
    replica_num
FROM system.clusters
WHERE cluster = {cluster:String}
ORDER BY
    shard_num,
    replica_num`, func(scan func(...any) error) error {
		var name string
		var port uint16
		var shard, replica uint32
		if err := scan(&name, &port, &shard, &replica); err != nil {
			return err
		}
		address := net.JoinHostPort(name, strconv.Itoa(int(port)))
		h, err := e.connect(address, []string{address})
		if err != nil {
			return err
		}
		h.shard, h.place = shard, fmt.Sprintf("shard %d, replica %d", shard, replica)
		hosts = append(hosts, h)
		return nil
	}, clickhouse.Named("cluster", e.cfg.Cluster))
	if err != nil {
		return nil, seed.away(err)
	}
	if len(hosts) == 0 {
		return nil, migrations.ErrRefused.With("the server knows no cluster %q: system.clusters has no row of it", e.cfg.Cluster)
	}
	return hosts, nil
}

// connect returns the host of the address, the same one each time.
func (e *Engine) connect(name string, address []string) (*host, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if h, ok := e.known[name]; ok {
		return h, nil
	}
	opts := e.opts
	opts.Addr = address
	server, err := clickhouse.Open(&opts)
	if err != nil {
		return nil, err
	}
	own := opts
	own.Auth.Database = e.target.Database
	conn, err := clickhouse.Open(&own)
	if err != nil {
		_ = server.Close()
		return nil, err
	}
	h := &host{name: name, database: e.target.Database, conn: conn, server: server}
	e.known[name] = h
	return h, nil
}

// missing reports whether the database or its history does not exist yet.
func missing(err error) bool {
	e, ok := errors.AsType[*clickhouse.Exception](err)
	return ok && (e.Code == codeUnknownTable || e.Code == codeUnknownDatabase)
}

// each calls row for every row of a query.
func each(ctx context.Context, conn driver.Conn, sql string, row func(scan func(...any) error) error, args ...any) error {
	rows, err := conn.Query(ctx, sql, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := row(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}

// scalar reads one value; the zero value when there is no row.
func scalar[T any](ctx context.Context, conn driver.Conn, sql string, args ...any) (T, error) {
	var value T
	err := each(ctx, conn, sql, func(scan func(...any) error) error { return scan(&value) }, args...)
	return value, err
}

// column reads the values of a query of one column.
func column[T any](ctx context.Context, conn driver.Conn, sql string, args ...any) ([]T, error) {
	var list []T
	err := each(ctx, conn, sql, func(scan func(...any) error) error {
		var value T
		if err := scan(&value); err != nil {
			return err
		}
		list = append(list, value)
		return nil
	}, args...)
	return list, err
}

// quoted writes a name so that it can stand in SQL.
func quoted(name string) string {
	return "`" + strings.NewReplacer("\\", "\\\\", "`", "\\`").Replace(name) + "`"
}
