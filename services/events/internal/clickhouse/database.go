package clickhouse

import (
	"context"

	"github.com/ClickHouse/clickhouse-go/v2"

	"devtrail.dev/services/events"
)

// find makes sure that the database exists before the first connection that names it: the embedded server ends itself
// when a client asks for a database that is not there, and any server answers with an error that says less than ours.
func (s *Store) find(ctx context.Context) error {
	if s.found.Load() {
		return nil
	}
	home := *s.options
	home.Auth.Database = "default"
	home.MaxOpenConns, home.MaxIdleConns = 1, 1
	conn, err := clickhouse.Open(&home)
	if err != nil {
		return translate(ctx, err)
	}
	defer conn.Close()
	name := s.options.Auth.Database
	var count uint64
	asking := noted(ctx, "find", clickhouse.WithParameters(clickhouse.Parameters{"name": escape.Replace(name)}))
	if err := conn.QueryRow(asking, "SELECT count() FROM system.databases WHERE name = {name:String}").Scan(&count); err != nil {
		return translate(ctx, err)
	}
	if count == 0 {
		return events.ErrStoreUnavailable.With("the ClickHouse database %q does not exist yet: the migrations service creates it", name)
	}
	s.found.Store(true)
	return nil
}
