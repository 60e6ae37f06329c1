package plan

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"devtrail.dev/kit/pg"
	"devtrail.dev/kit/schema"
	"devtrail.dev/services/migrations"
	"devtrail.dev/services/migrations/internal/catalog"
	"devtrail.dev/services/migrations/internal/scratch"
	"devtrail.dev/services/migrations/internal/segment"
	"devtrail.dev/services/migrations/internal/sqlsplit"
)

// SQLSTATEs on which the planner acts.
const (
	codeInTransaction     = "25001"
	codeTermination       = "2D000"
	codeUndefinedDatabase = "3D000"
	classDataException    = "22"
	classIntegrity        = "23"
)

type postgres struct{ url string }

func (p postgres) fingerprint(ctx context.Context, database string) (string, error) {
	conn, err := p.connect(ctx, database)
	if pg.Code(err) == codeUndefinedDatabase {
		return catalog.Catalog{}.Fingerprint(), nil
	}
	if err != nil {
		return "", err
	}
	defer closeConn(ctx, conn)
	objects, err := catalog.Postgres(ctx, conn)
	return objects.Fingerprint(), err
}

func (p postgres) measure(ctx context.Context, t migrations.Target, applied, waiting []schema.File, pending int) (files []planned, err error) {
	s, err := scratch.OpenPostgres(ctx, p.url)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.Close(ctx)) }()
	if err := s.Replay(ctx, applied); err != nil {
		return nil, err
	}
	m, err := newMeter(ctx, s)
	if err != nil {
		return nil, err
	}
	defer m.close(ctx)
	broken := ""
	for rest := waiting; len(rest) > 0; {
		shared, failed, err := m.rehearse(ctx, rest[:together(rest, pending)])
		if err != nil {
			return nil, err
		}
		for _, f := range rest[:shared] {
			one, err := m.file(ctx, f, failed, &broken)
			if err != nil {
				return nil, err
			}
			files = append(files, one)
		}
		rest, pending = rest[shared:], pending-shared
	}
	return files, p.weigh(ctx, t.Database, files)
}

// together is how many of the first files the runner puts into one transaction. Of a fresh database contract files are among the pending ones.
func together(files []schema.File, pending int) int {
	if pending <= 0 {
		return 1
	}
	return segment.Size(files[:pending])
}

// meter runs statements on a scratch database and reads from the server's books what they did to the relations that were there before the first of them.
type meter struct {
	scratch *scratch.Postgres
	conn    *pgx.Conn
	watcher *pgx.Conn
	// emptied names the tables whose rows were taken out again; "" stands for all.
	emptied map[string]bool
	// known are the relations of the live schema, by object id; what the files make themselves is nobody's yet.
	known map[uint32]string
	// locals are the settings of the file so far that end with the transaction.
	locals []string
}

func newMeter(ctx context.Context, s *scratch.Postgres) (*meter, error) {
	m := &meter{scratch: s, conn: s.Conn(), emptied: map[string]bool{}}
	if err := fill(ctx, m.conn); err != nil {
		return nil, fmt.Errorf("fill the scratch tables: %w", err)
	}
	before, err := m.look(ctx, m.conn)
	if err != nil {
		return nil, err
	}
	m.known = make(map[uint32]string, len(before))
	for oid, r := range before {
		m.known[oid] = r.name
	}
	m.watcher, err = s.Connect(ctx)
	return m, err
}

func (m *meter) close(ctx context.Context) {
	if m.watcher != nil {
		closeConn(ctx, m.watcher)
	}
}

// file measures the statements of a file. Once one has failed, those behind it are not run: broken says why.
func (m *meter) file(ctx context.Context, f schema.File, failed *failure, broken *string) (planned, error) {
	list, cut, err := statements(f, sqlsplit.Postgres)
	if err != nil {
		return planned{}, err
	}
	made := planned{file: f, statements: list}
	m.locals = nil
	for i := range list {
		s := &list[i]
		switch {
		case *broken != "":
			s.Unmeasured = *broken
			continue
		case scratch.Global(cut[i]):
			s.Unmeasured = "it acts on the whole server and is not tried"
			continue
		}
		s.Effects, err = m.one(ctx, s.SQL, f.NoTransaction)
		if ctx.Err() != nil {
			return made, ctx.Err()
		}
		if err == nil && failed != nil && failed.file == f.Name && failed.number == s.Number {
			s.Effects, err = nil, fmt.Errorf("in the transaction that it shares with what comes before: %w", failed.err)
		}
		if words := cut[i].Words(2); !f.NoTransaction && (slices.Equal(words, []string{"SET", "LOCAL"}) || slices.Equal(words, []string{"SET", "CONSTRAINTS"})) {
			m.locals = append(m.locals, s.SQL)
		}
		if err != nil {
			s.Unmeasured = "it fails on a copy of the schema: " + err.Error()
			*broken = fmt.Sprintf("%s line %d, which comes before, fails on a copy of the schema", f.Name, s.Line)
		}
	}
	_, err = m.conn.Exec(ctx, "RESET ALL")
	return made, err
}

// one runs a statement in a transaction of its own, so that its locks can be told from those of the others, or without one where Postgres wants that.
// Ends allows it to end transactions itself, as a procedure may.
func (m *meter) one(ctx context.Context, sql string, ends bool) (effects []migrations.Effect, err error) {
	alone := false
	for {
		if !alone {
			effects, err = m.inTransaction(ctx, sql)
			alone = pg.Code(err) == codeInTransaction || ends && pg.Code(err) == codeTermination
		}
		if alone {
			effects, err = m.alone(ctx, sql)
		}
		again, mistake := m.mend(ctx, sql, err)
		if mistake != nil {
			return nil, mistake
		}
		if !again {
			return effects, err
		}
	}
}

func (p postgres) connect(ctx context.Context, database string) (*pgx.Conn, error) {
	cfg, err := pgx.ParseConfig(p.url)
	if err != nil {
		return nil, fmt.Errorf("parse the Postgres URL: %w", err)
	}
	cfg.Database = database
	cfg.RuntimeParams["application_name"] = migrations.Application + " plan"
	cfg.RuntimeParams["timezone"] = "UTC"
	return pgx.ConnectConfig(ctx, cfg)
}

// weigh adds the sizes of the live relations. A database that does not exist has none.
func (p postgres) weigh(ctx context.Context, database string, files []planned) error {
	conn, err := p.connect(ctx, database)
	if pg.Code(err) == codeUndefinedDatabase {
		return nil
	}
	if err != nil {
		return err
	}
	defer closeConn(ctx, conn)
	for i := range files {
		for _, s := range files[i].statements {
			for j := range s.Effects {
				e := &s.Effects[j]
				err := conn.QueryRow(ctx, `
SELECT
    greatest(c.reltuples, 0)::bigint,
    CASE WHEN c.relkind IN ('r', 'm') THEN pg_total_relation_size(c.oid) ELSE coalesce(pg_relation_size(c.oid), 0) END
FROM pg_class AS c
WHERE c.oid = to_regclass($1)`, e.Relation).Scan(&e.LiveRows, &e.LiveBytes)
				if err != nil && !errors.Is(err, pgx.ErrNoRows) {
					return err
				}
			}
		}
	}
	return nil
}
