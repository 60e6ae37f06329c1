package clickhouse

import (
	"context"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/google/uuid"

	"devtrail.dev/kit/pause"
	"devtrail.dev/services/events"
)

// foldedTables have the column current_id.
var foldedTables = []string{"events", "event_packages"}

// folds are pending overrides of one organization, of identities with different keys.
type folds struct {
	organization uuid.UUID
	identities   []events.Identity
	keys         []uint64
	developers   []uuid.UUID
	sequences    []uint64
	taken        map[uint64]bool // keys
}

// add leaves an identity out whose key another has: it is folded by a later call. Keys are hashes that anybody can compute, so somebody may have made it so.
func (f *folds) add(i events.Identity, key uint64, developer uuid.UUID, sequence uint64) {
	if f.taken[key] {
		return
	}
	f.taken[key] = true
	f.identities, f.keys, f.developers, f.sequences = append(f.identities, i), append(f.keys, key), append(f.developers, developer), append(f.sequences, sequence)
}

// mutation is the shape of a statement on one partition of a table.
type mutation struct {
	Table string
	Year  uint16
}

// removal is the shape of a statement that takes overrides out: all, or only those that another of the same identity has superseded.
type removal struct {
	Superseded bool
}

// Pending counts the identities in the overrides, those of what landed behind a fold among them: the next fold takes it out.
func (s *Store) Pending(ctx context.Context) (int, error) {
	if err := s.enter(ctx); err != nil {
		return 0, err
	}
	var n uint64
	err := s.query(ctx, "count_pending", shape{}, params{}, func(rows driver.Rows) error { return rows.Scan(&n) })
	return int(n), err
}

// Fold writes current_id, partition by partition, and then takes the overrides out of the questions.
//
// While it writes the overrides count, for all instances by then, so no question sees a difference. An append that did not see them has ended before the first mutation takes its
// list of parts, and a later one stamps its events with them. The rows of identity_folds stand before the overrides go; dying in between leaves overrides
// that say what the events say, which the next call takes out.
func (s *Store) Fold(ctx context.Context, limit int) (int, error) {
	if err := s.enter(ctx); err != nil {
		return 0, err
	}
	if err := s.removeOvertaken(ctx, limit); err != nil {
		return 0, err
	}
	f, err := s.pendingFolds(ctx, limit)
	if err != nil || len(f.keys) == 0 {
		return 0, err
	}
	if err := pause.For(ctx, overridesBelieved); err != nil { // then no instance believes any more that there are none
		return 0, err
	}
	if err := s.awaitInserts(ctx); err != nil {
		return 0, err
	}
	if err := s.settle(ctx); err != nil { // the server may still be at an insert that we have given up, and whose events bear the stamps of before
		return 0, err
	}
	if err := s.awaitMutations(ctx); err != nil {
		return 0, err
	}
	if err := s.write(ctx, f); err != nil {
		return 0, err
	}
	return len(f.keys), nil
}

// write brings overrides that all instances know of into the events, and takes them out of the questions.
func (s *Store) write(ctx context.Context, f folds) error {
	for _, table := range foldedTables {
		if err := s.foldTable(ctx, table, f); err != nil {
			return err
		}
	}
	if err := s.outlive(ctx); err != nil {
		return err
	}
	return s.finishFold(ctx, f)
}

// awaitInserts returns when every insert that may not have seen the overrides of now has ended.
func (s *Store) awaitInserts(ctx context.Context) error {
	if err := s.inserting.alone(ctx); err != nil {
		return err
	}
	s.inserting.open()
	return nil
}

// awaitMutations returns when none that a fold has left behind, by being killed, is under way any more: it may still write what an older override says, into rows
// that say already what the override of now does.
func (s *Store) awaitMutations(ctx context.Context) error {
	for {
		var unfinished uint64
		err := s.query(ctx, "unfinished_folds", shape{}, params{}, func(rows driver.Rows) error { return rows.Scan(&unfinished) })
		if err != nil || unfinished == 0 {
			return err
		}
		for _, table := range foldedTables {
			s.killMutations(ctx, table, "UPDATE current_id")
		}
		if err := pause.For(ctx, lookAgain); err != nil {
			return err
		}
	}
}

// lookAgain is how long a fold rests before it asks the server again.
const lookAgain = 10 * time.Millisecond

func (s *Store) pendingFolds(ctx context.Context, limit int) (folds, error) {
	return s.readFolds(ctx, "pending", limit)
}

// readFolds asks for pending overrides, or for overtaken ones.
func (s *Store) readFolds(ctx context.Context, which string, limit int) (folds, error) {
	f := folds{taken: make(map[uint64]bool)}
	p := params{}
	p.number("limit", limit)
	err := s.query(ctx, which, shape{}, p, func(rows driver.Rows) error {
		var kind uint8
		var value string
		var key, sequence uint64
		var developer uuid.UUID
		if err := rows.Scan(&f.organization, &kind, &value, &key, &developer, &sequence); err != nil {
			return err
		}
		f.add(events.Identity{Kind: events.IdentityKind(kind), Value: value}, key, developer, sequence)
		return nil
	})
	return f, err
}

// params are those of unfolded.sql, fold.sql and folded.sql. The organization has another name than in questions, whose time is limited.
func (f folds) params() params {
	p := params{"folded": f.organization.String(), "keys": list(f.keys, formatUint), "sequences": list(f.sequences, formatUint)}
	p["identities"] = list(f.identities, identityTuple)
	p["developers"] = list(f.developers, func(id uuid.UUID) string { return "'" + id.String() + "'" })
	return p
}

// foldTable mutates the partitions that need it, until none does.
func (s *Store) foldTable(ctx context.Context, table string, f folds) error {
	var years []uint16
	err := s.run(ctx, "unfolded", mutation{Table: table}, f.params(), func(rows driver.Rows) error {
		var year uint16
		err := rows.Scan(&year)
		years = append(years, year)
		return err
	})
	if err != nil {
		return translate(ctx, err)
	}
	for _, year := range years {
		err := s.do(ctx, "fold", mutation{Table: table, Year: year}, f.params(), clickhouse.Settings{"mutations_sync": 1})
		if code(err) == codeUnfinished { // it would be tried for ever
			s.killMutations(ctx, table, "UPDATE current_id")
		}
		if err != nil {
			return translate(ctx, err)
		}
	}
	return nil
}

// killMutations ends those of a table that fail and whose command has a text in it.
func (s *Store) killMutations(ctx context.Context, table, command string) {
	_ = s.conn.Exec(clickhouse.Context(ctx, clickhouse.WithParameters(clickhouse.Parameters{"table": table, "command": command})), `
KILL MUTATION
WHERE database = currentDatabase()
    AND table = {table:String}
    AND position(command, {command:String}) > 0
    AND latest_fail_reason != ''
SYNC`)
}

// outlive waits until no question is running that may have listed the parts of events before the mutations were done: it may be about to list those of the overrides.
func (s *Store) outlive(ctx context.Context) error {
	began := s.now()
	for {
		p := params{"seconds": formatFloat(s.now().Sub(began).Seconds())}
		var older uint64
		err := s.query(ctx, "older_queries", shape{}, p, func(rows driver.Rows) error { return rows.Scan(&older) })
		if err != nil || older == 0 {
			return err
		}
		if err := pause.For(ctx, lookAgain); err != nil {
			return err
		}
	}
}

// finishFold moves the overrides to the folds. Reassign waits meanwhile: it must see one of the two.
func (s *Store) finishFold(ctx context.Context, f folds) error {
	s.folding.Lock()
	defer s.folding.Unlock()
	inserting := s.isolated(ctx, "", "")
	batch, err := s.conn.PrepareBatch(inserting, "INSERT INTO identity_folds (organization_id, actor_kind, actor_value, developer_id, sequence)")
	if err != nil {
		return translate(ctx, err)
	}
	defer batch.Close()
	for i, identity := range f.identities {
		if err := batch.Append(f.organization, uint8(identity.Kind), identity.Value, f.developers[i], f.sequences[i]); err != nil {
			return err
		}
	}
	if err := batch.Send(); err != nil {
		return translate(ctx, err)
	}
	return s.remove(ctx, f, removals)
}

// removals take overrides out of the questions: the superseded ones first, see folded.sql.
var removals = []removal{{Superseded: true}, {}}

// remove returns when no question sees what the removals take out.
func (s *Store) remove(ctx context.Context, f folds, each []removal) error {
	for _, which := range each {
		if err := s.do(ctx, "folded", which, f.params(), clickhouse.Settings{"lightweight_deletes_sync": 2}); err != nil {
			return translate(ctx, err)
		}
	}
	return nil
}
