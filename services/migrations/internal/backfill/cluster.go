package backfill

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"sync"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"devtrail.dev/services/migrations"
)

// errNoDatabase says that the database is not there yet.
var errNoDatabase = migrations.ErrServerAway.With("the database is not there yet")

// cluster is the servers of one ClickHouse database: the one of the URL, or those of a cluster.
type cluster struct {
	database, name string
	opts           clickhouse.Options
	server         driver.Conn // to the database of the URL

	mu    sync.Mutex
	conns map[string]driver.Conn // to the target database, by address; "" is the server of the URL
}

// place is where rows are gone through: the server, a host of the cluster, or a replica that stands for its shard.
type place struct {
	name string
	conn driver.Conn
}

func openCluster(url, database, name string) (*cluster, error) {
	if url == "" {
		return nil, errors.New("it is on ClickHouse, whose server URL is not set")
	}
	opts, err := clickhouse.ParseDSN(url)
	if err != nil {
		return nil, fmt.Errorf("parse the ClickHouse URL: %w", err)
	}
	opts.ClientInfo.Products = append(opts.ClientInfo.Products, struct{ Name, Version string }{migrations.Application, "backfill"})
	opts.DialTimeout, opts.ReadTimeout = 5*time.Second, time.Hour
	opts.MaxOpenConns, opts.MaxIdleConns = 4, 1
	// Mutations are started and looked at, never waited for inside a statement. What is repeated with a token is written once, if it is one block.
	opts.Settings = clickhouse.Settings{"alter_sync": 1, "async_insert": 0, "mutations_sync": 0}
	server, err := clickhouse.Open(opts)
	if err != nil {
		return nil, err
	}
	return &cluster{database: database, name: name, opts: *opts, server: server, conns: map[string]driver.Conn{}}, nil
}

func (c *cluster) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	_ = c.server.Close()
	for _, conn := range c.conns {
		_ = conn.Close()
	}
	clear(c.conns)
}

// home is the host that keeps the states and checkpoints: the server of the URL, or the first host of the cluster.
func (c *cluster) home(ctx context.Context) (driver.Conn, error) {
	// It is asked before the first use of a connection to the database: some builds of the server abort over a session in a database that is missing.
	known, err := column[string](ctx, c.server, "SELECT name FROM system.databases WHERE name = {name:String}", clickhouse.Named("name", c.database))
	if err != nil {
		return nil, err
	}
	if len(known) == 0 {
		return nil, errNoDatabase
	}
	hosts, err := c.hosts(ctx)
	if err != nil {
		return nil, err
	}
	return hosts[0].conn, nil
}

// host is one server of a cluster.
type host struct {
	address string
	shard   uint32
	conn    driver.Conn
}

func (c *cluster) hosts(ctx context.Context) ([]host, error) {
	if c.name == "" {
		conn, err := c.connect("")
		return []host{{conn: conn}}, err
	}
	var list []host
	err := each(ctx, c.server, `
SELECT
    host_name,
    port,
    shard_num
FROM system.clusters
WHERE cluster = {cluster:String}
ORDER BY
    shard_num,
    replica_num`, func(scan func(...any) error) error {
		var name string
		var port uint16
		var h host
		if err := scan(&name, &port, &h.shard); err != nil {
			return err
		}
		h.address = net.JoinHostPort(name, strconv.Itoa(int(port)))
		conn, err := c.connect(h.address)
		h.conn = conn
		list = append(list, h)
		return err
	}, clickhouse.Named("cluster", c.name))
	if err == nil && len(list) == 0 {
		err = fmt.Errorf("the server knows no cluster %q", c.name)
	}
	return list, err
}

// places are where the rows of a table are: on a cluster one replica a shard of a replicated table, which the others follow, and else every host.
func (c *cluster) places(ctx context.Context, table string) ([]place, error) {
	hosts, err := c.hosts(ctx)
	if err != nil {
		return nil, err
	}
	if c.name == "" {
		return []place{{conn: hosts[0].conn}}, nil
	}
	replicated, err := column[bool](ctx, hosts[0].conn, "SELECT engine LIKE 'Replicated%' FROM system.tables WHERE database = currentDatabase() AND name = {table:String}",
		clickhouse.Named("table", table))
	if err != nil {
		return nil, err
	}
	var list []place
	shard := uint32(0)
	for _, h := range hosts {
		switch {
		case len(replicated) == 0 || !replicated[0]:
			list = append(list, place{name: h.address, conn: h.conn})
		case h.shard != shard:
			shard = h.shard
			list = append(list, place{name: fmt.Sprintf("shard %d", shard), conn: h.conn})
		}
	}
	return list, nil
}

// connect returns the connections to the target database at an address, the same ones each time.
func (c *cluster) connect(address string) (driver.Conn, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if conn, ok := c.conns[address]; ok {
		return conn, nil
	}
	opts := c.opts
	opts.Auth.Database = c.database
	if address != "" {
		opts.Addr = []string{address}
	}
	conn, err := clickhouse.Open(&opts)
	if err != nil {
		return nil, err
	}
	c.conns[address] = conn
	return conn, nil
}

// awayCH makes errors that did not come from the server itself ErrServerAway.
func awayCH(err error) error {
	if err == nil || errors.Is(err, migrations.ErrServerAway) || errors.Is(err, context.Canceled) {
		return err
	}
	if _, ok := errors.AsType[*clickhouse.Exception](err); ok {
		return err
	}
	return migrations.ErrServerAway.Wrap(err)
}

// each calls row for every row of a query.
func each(ctx context.Context, conn driver.Conn, sql string, row func(scan func(...any) error) error, args ...any) error {
	rows, err := conn.Query(ctx, sql, args...)
	if err != nil {
		return awayCH(err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := row(rows.Scan); err != nil {
			return err
		}
	}
	return awayCH(rows.Err())
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
