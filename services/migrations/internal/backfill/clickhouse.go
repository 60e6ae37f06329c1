package backfill

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"devtrail.dev/kit/schema"
	"devtrail.dev/services/migrations"
)

// partitionTable has a row for every partition that is done.
const partitionTable = "devtrail_backfill_partitions"

// The newest row of a backfill says how it stands. Both tables are only ever appended to.
const createStates = `
CREATE TABLE IF NOT EXISTS ` + checkpointTable + ` (
    name String,
    checksum String,
    state LowCardinality(String),
    message String,
    at DateTime64(6, 'UTC') DEFAULT now64(6)
)
ENGINE = MergeTree
ORDER BY (name, at)`

// Place is the shard or the host on which the partition is; empty when the server is alone.
const createPartitions = `
CREATE TABLE IF NOT EXISTS ` + partitionTable + ` (
    name String,
    place String,
    partition String,
    rows UInt64,
    duration_ms UInt64,
    at DateTime64(6, 'UTC') DEFAULT now64(6)
)
ENGINE = MergeTree
ORDER BY (name, at)`

// clickHouse keeps the states of one database and works there.
type clickHouse struct {
	*cluster
	database string
}

func openClickHouse(url string, t migrations.Target, name string) (*clickHouse, error) {
	c, err := openCluster(url, t.Database, name)
	if err != nil {
		return nil, err
	}
	return &clickHouse{cluster: c, database: t.Database}, nil
}

func (c *clickHouse) read(ctx context.Context, d *declared) (migrations.Backfill, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	b := d.fresh()
	b.Message, b.BatchSize = "", 0
	home, err := c.home(ctx)
	if errors.Is(err, errNoDatabase) {
		b.Message = "the database is not there yet"
		return b, nil
	}
	if err != nil {
		return b, err
	}
	tables, err := column[string](ctx, home, "SELECT name FROM system.tables WHERE database = currentDatabase() AND name IN ({a:String}, {b:String}, {c:String})",
		clickhouse.Named("a", schema.HistoryTable), clickhouse.Named("b", checkpointTable), clickhouse.Named("c", partitionTable))
	if err != nil {
		return b, err
	}
	var applied []int64
	if slices.Contains(tables, schema.HistoryTable) {
		if applied, err = column[int64](ctx, home, "SELECT version FROM ("+schema.ClickHouseApplied+")"); err != nil {
			return b, err
		}
	}
	b.State = migrations.BackfillRunning
	if slices.Contains(tables, checkpointTable) && slices.Contains(tables, partitionTable) {
		if err := c.readRows(ctx, home, d, &b); err != nil {
			return b, err
		}
	}
	if b.State == migrations.BackfillRunning && !slices.Contains(applied, d.After) {
		b.State, b.Message = migrations.BackfillWaiting, fmt.Sprintf("version %04d is not applied", d.After)
	}
	return b, nil
}

func (c *clickHouse) readRows(ctx context.Context, home driver.Conn, d *declared, b *migrations.Backfill) error {
	g, err := c.ground(ctx, home, d)
	if err != nil {
		return err
	}
	if g.state != "" {
		b.State, b.Message = migrations.BackfillState(g.state), g.message
		b.StartedAt = g.began
	}
	if b.State == migrations.BackfillDone || b.State == migrations.BackfillFailed || b.State == migrations.BackfillCancelled {
		b.FinishedAt = g.at
	}
	return each(ctx, home, `
SELECT
    sum(rows),
    argMax(partition, at),
    argMax(duration_ms, at)
FROM `+partitionTable+`
WHERE name = {name:String}`, func(scan func(...any) error) error {
		var rows, took uint64
		err := scan(&rows, &b.Checkpoint, &took)
		b.RowsDone, b.RowsTotal, b.BatchLatency = int64(rows), int64(rows), time.Duration(took)*time.Millisecond
		return err
	}, clickhouse.Named("name", d.Name))
}

// account is the newest state of a backfill; the zero value when nothing is written.
type account struct {
	state, checksum, message string
	began, at                time.Time
}

func (c *clickHouse) ground(ctx context.Context, home driver.Conn, d *declared) (account, error) {
	var a account
	err := each(ctx, home, `
SELECT
    argMax(state, at),
    argMax(checksum, at),
    argMax(message, at),
    min(at),
    max(at)
FROM `+checkpointTable+`
WHERE name = {name:String}
HAVING count() > 0`, func(scan func(...any) error) error {
		return scan(&a.state, &a.checksum, &a.message, &a.began, &a.at)
	}, clickhouse.Named("name", d.Name))
	return a, err
}

func (c *clickHouse) write(ctx context.Context, home driver.Conn, d *declared, state migrations.BackfillState, message string) error {
	return awayCH(home.Exec(ctx, "INSERT INTO "+checkpointTable+" (name, checksum, state, message) VALUES ({name:String}, {checksum:String}, {state:String}, {message:String})",
		clickhouse.Named("name", d.Name), clickhouse.Named("checksum", d.Checksum), clickhouse.Named("state", string(state)), clickhouse.Named("message", message)))
}

func (c *clickHouse) create(ctx context.Context, home driver.Conn) error {
	for _, sql := range []string{createStates, createPartitions} {
		if err := home.Exec(ctx, sql); err != nil {
			return awayCH(err)
		}
	}
	return nil
}

// move reads and then writes. Two operators in the same moment both succeed, and the later one has his will.
func (c *clickHouse) move(ctx context.Context, d *declared, from []migrations.BackfillState, to migrations.BackfillState) (bool, error) {
	home, err := c.home(ctx)
	if err != nil {
		return false, err
	}
	if err := c.create(ctx, home); err != nil {
		return false, err
	}
	a, err := c.ground(ctx, home, d)
	if err != nil {
		return false, err
	}
	if a.state == "" {
		a.state = string(migrations.BackfillRunning)
	}
	if !slices.Contains(from, migrations.BackfillState(a.state)) {
		return false, nil
	}
	return true, c.write(ctx, home, d, to, "")
}

func (c *clickHouse) fail(ctx context.Context, d *declared, message string) error {
	home, err := c.home(ctx)
	if err != nil {
		return err
	}
	return c.write(ctx, home, d, migrations.BackfillFailed, message)
}
