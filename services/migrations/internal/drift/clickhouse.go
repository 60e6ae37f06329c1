package drift

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
	"devtrail.dev/services/migrations/internal/catalog"
	"devtrail.dev/services/migrations/internal/scratch"
)

type clickHouse struct{ url, cluster string }

func (c clickHouse) replay(ctx context.Context, database string, files []schema.File) (_ catalog.Catalog, err error) {
	s, err := scratch.OpenClickHouse(ctx, c.url)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.Close(ctx)) }()
	if err := s.Replay(ctx, files); err != nil {
		return nil, err
	}
	made, err := catalog.ClickHouse(ctx, s.Conn(), s.Name())
	// Engines such as Distributed name the database in a string, and the files may have it so.
	for i := range made {
		made[i].Definition = strings.ReplaceAll(made[i].Definition, "'"+database+"'", "'database'")
	}
	return made, err
}

// live reads the hosts one after the other. The connections stay in the server's own database: a session in one that is missing is not survived by every server.
func (c clickHouse) live(ctx context.Context, database string) (_ []live, err error) {
	opts, err := clickhouse.ParseDSN(c.url)
	if err != nil {
		return nil, fmt.Errorf("parse the ClickHouse URL: %w", err)
	}
	conn, err := clickhouse.Open(opts)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	if c.cluster == "" {
		one, err := host(ctx, conn, "", database)
		return []live{one}, err
	}
	names, err := c.hosts(ctx, conn)
	if err != nil {
		return nil, err
	}
	var all []live
	for _, name := range names {
		one, err := away(ctx, *opts, name, database)
		if err != nil {
			return nil, fmt.Errorf("host %s: %w", name, err)
		}
		all = append(all, one)
	}
	return all, nil
}

// hosts returns the addresses of the cluster's hosts by shard and replica.
func (c clickHouse) hosts(ctx context.Context, conn driver.Conn) ([]string, error) {
	rows, err := conn.Query(ctx, `
SELECT
    host_name,
    port
FROM system.clusters
WHERE cluster = {cluster:String}
ORDER BY
    shard_num,
    replica_num`, clickhouse.Named("cluster", c.cluster))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var names []string
	for rows.Next() {
		var name string
		var port uint16
		if err := rows.Scan(&name, &port); err != nil {
			return nil, err
		}
		names = append(names, net.JoinHostPort(name, strconv.Itoa(int(port))))
	}
	if len(names) == 0 && rows.Err() == nil {
		return nil, fmt.Errorf("the server knows no cluster %q", c.cluster)
	}
	return names, rows.Err()
}

// away reads the database on a host of the cluster.
func away(ctx context.Context, opts clickhouse.Options, name, database string) (_ live, err error) {
	opts.Addr = []string{name}
	conn, err := clickhouse.Open(&opts)
	if err != nil {
		return live{}, err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	return host(ctx, conn, name, database)
}

func host(ctx context.Context, conn driver.Conn, name, database string) (live, error) {
	l := live{host: name}
	if err := conn.QueryRow(ctx, "SELECT now64(6, 'UTC'), version()").Scan(&l.at, &l.version); err != nil {
		return live{}, err
	}
	var err error
	l.catalog, err = catalog.ClickHouse(ctx, conn, database)
	return l, err
}
