package runner

import (
	"context"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"

	"devtrail.dev/kit/schema"
	"devtrail.dev/services/migrations"
)

// journalRow is one row of it. The time is the server's.
type journalRow struct {
	version   int64
	name      string
	statement uint32
	checksum  string
	state     string
	took      time.Duration
	message   string
}

func (c *clickHouse) write(ctx context.Context, row journalRow) error {
	return c.conn.Exec(ctx, `
INSERT INTO `+schema.HistoryTable+` (version, name, statement, checksum, state, duration_ms, applied_by, message)
SELECT
    {version:Int64},
    {name:String},
    {statement:UInt32},
    {checksum:String},
    {state:String},
    {duration_ms:Int64},
    {applied_by:String},
    {message:String}`,
		clickhouse.Named("version", row.version),
		clickhouse.Named("name", row.name),
		clickhouse.Named("statement", row.statement),
		clickhouse.Named("checksum", row.checksum),
		clickhouse.Named("state", row.state),
		clickhouse.Named("duration_ms", row.took.Milliseconds()),
		clickhouse.Named("applied_by", c.cfg.Build),
		clickhouse.Named("message", row.message),
	)
}

// finished returns the checksums of the statements of a file whose newest row says done, by number.
func (c *clickHouse) finished(ctx context.Context, version int64) (map[int]string, error) {
	rows, err := c.conn.Query(ctx, `
SELECT
    statement,
    argMax(checksum, (at, state))
FROM `+schema.HistoryTable+`
WHERE version = {version:Int64}
  AND statement > 0
GROUP BY statement
HAVING argMax(state, (at, state)) = 'done'`, clickhouse.Named("version", version))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	finished := map[int]string{}
	for rows.Next() {
		var number uint32
		var checksum string
		if err := rows.Scan(&number, &checksum); err != nil {
			return nil, err
		}
		finished[int(number)] = checksum
	}
	return finished, rows.Err()
}

func (c *clickHouse) history(ctx context.Context, below int64, limit int) ([]migrations.Entry, error) {
	if ok, err := c.exists(ctx); !ok || err != nil {
		return nil, err
	}
	rows, err := c.conn.Query(ctx, `
SELECT
    version,
    argMax(name, (at, state)),
    argMax(checksum, (at, state)),
    max(at),
    argMax(duration_ms, (at, state)),
    argMax(applied_by, (at, state))
FROM `+schema.HistoryTable+`
WHERE version < {below:Int64}
  AND statement = 0
GROUP BY version
HAVING argMax(state, (at, state)) = 'done'
ORDER BY version DESC
LIMIT {limit:UInt32}`, clickhouse.Named("below", below), clickhouse.Named("limit", uint32(limit)))
	if missing(err) {
		return nil, nil
	}
	if err != nil {
		return nil, chAway(err)
	}
	defer rows.Close()
	var entries []migrations.Entry
	for rows.Next() {
		var e migrations.Entry
		var ms int64
		if err := rows.Scan(&e.Version, &e.Name, &e.Checksum, &e.AppliedAt, &ms, &e.AppliedBy); err != nil {
			return nil, err
		}
		e.Duration = time.Duration(ms) * time.Millisecond
		entries = append(entries, e)
	}
	return entries, chAway(rows.Err())
}
