package backfill

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"devtrail.dev/kit/pause"
	"devtrail.dev/services/migrations"
)

// errCancelled is the cause of the end of a step that an operator cancelled.
var errCancelled = errors.New("an operator cancelled the backfill")

// partition is a part of a table at one place.
type partition struct {
	place
	id   string
	rows uint64
}

// walker goes through the partitions of a table of ClickHouse.
type walker struct {
	*job
	c      *clickHouse
	home   driver.Conn
	number int
	change change
}

func (c *clickHouse) work(ctx context.Context, j *job) error {
	home, err := c.home(ctx)
	if err != nil {
		return err
	}
	if err := c.create(ctx, home); err != nil {
		return err
	}
	w := &walker{job: j, c: c, home: home}
	a, err := c.ground(ctx, home, j.declared)
	if err != nil {
		return err
	}
	if a.state == "" {
		if err := c.write(ctx, home, j.declared, migrations.BackfillRunning, ""); err != nil {
			return err
		}
	}
	if err := w.check(ctx); err != nil {
		return err
	}
	if w.change, err = changeOf(ctx, home, w.statement); err != nil {
		return err
	}
	err = w.run(ctx)
	if stop, ok := errors.AsType[*clickhouse.Exception](err); ok && !errors.Is(context.Cause(ctx), errCancelled) {
		return &fatal{stop}
	}
	return err
}

// check refuses what would not be safe to repeat.
func (w *walker) check(ctx context.Context) error {
	known, err := column[string](ctx, w.home, "SELECT engine FROM system.tables WHERE database = currentDatabase() AND name = {table:String}", clickhouse.Named("table", w.Table))
	if err != nil {
		return err
	}
	if len(known) == 0 {
		return &fatal{fmt.Errorf("table %s is not there", w.Table)}
	}
	target := insertTarget(w.statement)
	if target == "" {
		return nil
	}
	safe, err := column[bool](ctx, w.home, `
SELECT engine LIKE 'Replicated%' OR toUInt64OrZero(extract(create_table_query, 'non_replicated_deduplication_window = ([0-9]+)')) > 0
FROM system.tables
WHERE database = currentDatabase()
  AND name = {table:String}`, clickhouse.Named("table", target))
	if err != nil {
		return err
	}
	if len(safe) == 0 || !safe[0] {
		return &fatal{fmt.Errorf("table %s does not remember insert tokens, so that a partition which is repeated after a crash would be in it twice: "+
			"ALTER TABLE %s MODIFY SETTING non_replicated_deduplication_window = 1000", target, target)}
	}
	return nil
}

func (w *walker) run(ctx context.Context) error {
	for {
		if err := w.lock.check(ctx); err != nil {
			return err
		}
		if _, err := w.stand(ctx); err != nil {
			return err
		}
		left, rows, err := w.left(ctx)
		if err != nil {
			return err
		}
		if len(left) == 0 {
			w.observe(Finished, 0, 0)
			return w.c.write(ctx, w.home, w.declared, migrations.BackfillDone, "")
		}
		w.show(func(b *migrations.Backfill) { b.RowsTotal = b.RowsDone + int64(rows) })
		if err := w.step(ctx, left[0]); err != nil {
			return err
		}
	}
}

// stand reads the state, and errStopped when the work may not go on.
func (w *walker) stand(ctx context.Context) (account, error) {
	a, err := w.c.ground(ctx, w.home, w.declared)
	switch {
	case err != nil:
		return a, err
	case a.state != string(migrations.BackfillRunning):
		return a, errStopped
	case a.checksum != w.Checksum:
		return a, &fatal{errors.New("the file was edited after it began: restore it, or resume to go on with the new text")}
	}
	return a, nil
}

// left returns the partitions that are not done, and their rows.
func (w *walker) left(ctx context.Context) ([]partition, uint64, error) {
	var done []string
	err := each(ctx, w.home, "SELECT place, partition FROM "+partitionTable+" WHERE name = {name:String}", func(scan func(...any) error) error {
		var place, id string
		err := scan(&place, &id)
		done = append(done, place+"\x00"+id)
		return err
	}, clickhouse.Named("name", w.Name))
	if err != nil {
		return nil, 0, err
	}
	places, err := w.c.places(ctx, w.Table)
	if err != nil {
		return nil, 0, err
	}
	var list []partition
	total := uint64(0)
	for _, at := range places {
		err := each(ctx, at.conn, `
SELECT
    partition_id,
    sum(rows)
FROM system.parts
WHERE database = currentDatabase()
  AND table = {table:String}
  AND active
GROUP BY partition_id
ORDER BY partition_id`, func(scan func(...any) error) error {
			p := partition{place: at}
			if err := scan(&p.id, &p.rows); err != nil {
				return err
			}
			if !slices.Contains(done, p.name+"\x00"+p.id) {
				list, total = append(list, p), total+p.rows
			}
			return nil
		}, clickhouse.Named("table", w.Table))
		if err != nil {
			return nil, 0, err
		}
	}
	return list, total, nil
}

// step does one partition and writes that it is done. It is repeated when the process ends in between.
func (w *walker) step(ctx context.Context, p partition) error {
	w.number++
	began := w.now()
	w.observe(Begun, w.number, int(p.rows))
	w.say("partition %s", p.id)
	ctx, end := w.guard(ctx)
	defer end()
	if err := w.make(ctx, p); err != nil {
		if errors.Is(context.Cause(ctx), errCancelled) {
			return errors.Join(errStopped, w.undo(ctx, p))
		}
		return err
	}
	w.observe(Made, w.number, int(p.rows))
	took := w.now().Sub(began)
	err := w.home.Exec(ctx, "INSERT INTO "+partitionTable+" (name, place, partition, rows, duration_ms) VALUES ({name:String}, {place:String}, {partition:String}, {rows:UInt64}, {took:UInt64})",
		clickhouse.Named("name", w.Name), clickhouse.Named("place", p.name), clickhouse.Named("partition", p.id), clickhouse.Named("rows", p.rows),
		clickhouse.Named("took", uint64(max(took, 0).Milliseconds())))
	if err != nil {
		return awayCH(err)
	}
	w.show(func(b *migrations.Backfill) {
		b.State, b.Message, b.Checkpoint, b.BatchLatency = migrations.BackfillRunning, "", p.id, took
		b.RowsDone += int64(p.rows)
	})
	w.observe(Committed, w.number, int(p.rows))
	return nil
}

// guard ends the context of a step when an operator cancels the backfill. A pause waits for the end of the step.
func (w *walker) guard(parent context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(parent)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for pause.For(ctx, w.cfg.Poll) == nil {
			if a, err := w.c.ground(ctx, w.home, w.declared); err == nil && a.state == string(migrations.BackfillCancelled) {
				cancel(errCancelled)
				return
			}
		}
	}()
	return ctx, func() {
		cancel(nil)
		<-done
	}
}

// make runs the statement for a partition and waits for the mutations that it starts.
func (w *walker) make(ctx context.Context, p partition) error {
	// Those of a process that was killed first: the statement is repeated after them.
	earlier, err := w.mutations(ctx, p)
	if err != nil {
		return err
	}
	if err := w.await(ctx, p, slices.DeleteFunc(slices.Clone(earlier), func(m mutation) bool { return !m.ours || m.done })); err != nil {
		return err
	}
	settings := clickhouse.Settings{"insert_deduplicate": 1, "insert_deduplication_token": w.Name + " " + p.name + " " + p.id}
	if insertTarget(w.statement) != "" {
		// All rows go in as one block, which is there or is not.
		for _, name := range []string{"max_threads", "max_insert_threads"} {
			settings[name] = 1
		}
		settings["min_insert_block_size_rows"], settings["min_insert_block_size_bytes"] = p.rows+1, 0
	}
	run := clickhouse.Context(ctx, clickhouse.WithSettings(settings))
	if err := p.conn.Exec(run, w.statement, clickhouse.Named("partition", p.id)); err != nil {
		return awayCH(err)
	}
	now, err := w.mutations(ctx, p)
	if err != nil {
		return err
	}
	return w.await(ctx, p, started(earlier, now))
}
