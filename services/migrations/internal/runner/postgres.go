package runner

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"devtrail.dev/kit/pg"
	"devtrail.dev/kit/schema"
	"devtrail.dev/services/migrations"
	"devtrail.dev/services/migrations/internal/sqlsplit"
)

// postgres applies files to one Postgres database.
type postgres struct {
	cfg       Config
	now       func() time.Time
	pool      *pgxpool.Pool // for reading the history
	serverURL string
	target    migrations.Target
}

func openPostgres(ctx context.Context, serverURL string, t migrations.Target, cfg Config, now func() time.Time) (*postgres, error) {
	url, err := databaseURL(serverURL, t.Database)
	if err != nil {
		return nil, err
	}
	pool, err := pg.Open(ctx, url, pg.Options{ApplicationName: applicationName, MaxConns: 2})
	if err != nil {
		return nil, err
	}
	return &postgres{cfg: cfg, now: now, pool: pool, serverURL: serverURL, target: t}, nil
}

func (p *postgres) close() { p.pool.Close() }

func (p *postgres) create(ctx context.Context) error {
	return createPostgres(ctx, p.serverURL, p.target.Database)
}

func (p *postgres) applied(ctx context.Context) (map[int64]string, error) {
	applied, err := pg.Applied(ctx, p.pool)
	return applied, away(err)
}

// apply goes segment by segment: the longest run of files that may share a transaction, or one file that must not be in any.
func (p *postgres) apply(ctx context.Context, req request) error {
	conn, err := connectPostgres(ctx, p.serverURL, p.target.Database, applicationName+" "+p.cfg.Build)
	if err != nil {
		return err
	}
	defer func() {
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
		defer cancel()
		_ = conn.Close(last)
	}()
	if err := p.completeHistory(ctx, conn); err != nil {
		return away(err)
	}
	for files := req.files; len(files) > 0; {
		n := segment(files)
		waited := &lockWait{}
		work := func() error { return p.transaction(ctx, conn, req, files[:n], waited) }
		if files[0].NoTransaction {
			work = func() error { return p.alone(ctx, conn, req, files[0], waited) }
		}
		if err := p.patiently(ctx, conn, req, files[0], waited, work); err != nil {
			return away(err)
		}
		for _, f := range files[:n] {
			req.report(migrations.Progress{File: f.Name, Phase: migrations.FileApplied, LockWait: waited.get()})
		}
		files = files[n:]
	}
	return nil
}

func (p *postgres) applyBackground(ctx context.Context, req request) error {
	slow := *p
	slow.cfg.DDLTimeout, slow.cfg.DataTimeout = p.cfg.LongTimeout, p.cfg.LongTimeout
	return slow.apply(ctx, req)
}

// baseline writes the history rows alone.
func (p *postgres) baseline(ctx context.Context, lock held, files []schema.File, actor string) error {
	err := pgx.BeginFunc(ctx, p.pool, func(tx pgx.Tx) error {
		if err := p.createHistory(ctx, tx.Conn(), "SET LOCAL", schema.CreatePostgresHistory); err != nil {
			return err
		}
		for _, f := range files {
			if err := p.record(ctx, tx, postgresRow{file: f, actor: actor, baseline: true}); err != nil {
				return err
			}
		}
		return lock.check(ctx)
	})
	return away(err)
}

// segment is how many of the first files go together.
func segment(files []schema.File) int {
	if files[0].NoTransaction {
		return 1
	}
	n := 1
	for n < len(files) && !files[n].NoTransaction {
		n++
	}
	return n
}

// transaction applies the files and their history rows in one transaction.
func (p *postgres) transaction(ctx context.Context, conn *pgx.Conn, req request, files []schema.File, waited *lockWait) error {
	last := files[len(files)-1]
	err := pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		if err := p.createHistory(ctx, conn, "SET LOCAL", schema.CreatePostgresHistory); err != nil {
			return err
		}
		for _, f := range files {
			if err := p.file(ctx, tx, req, f, waited); err != nil {
				return err
			}
		}
		p.observe(last, 0, BeforeCommit)
		if err := req.gate(ctx); err != nil {
			return err
		}
		// Whoever lost the lock must not commit: another instance may have begun.
		return req.lock.check(ctx)
	})
	if err != nil {
		return err
	}
	p.observe(last, 0, AfterCommit)
	return nil
}

// createHistory makes the tables of the runner, under the timeouts that every statement has.
func (p *postgres) createHistory(ctx context.Context, conn *pgx.Conn, set, tables string) error {
	if err := setTimeouts(ctx, conn, set, p.cfg.LockTimeout, p.cfg.DDLTimeout); err != nil {
		return err
	}
	if err := execute(ctx, conn, tables); err != nil {
		return fmt.Errorf("create the history: %w", err)
	}
	return nil
}

func (p *postgres) file(ctx context.Context, tx pgx.Tx, req request, f schema.File, waited *lockWait) error {
	began := p.now()
	// What the file before has SET, a search_path for one, is not for this one.
	if _, err := tx.Exec(ctx, "RESET ALL"); err != nil {
		return err
	}
	statements, err := sqlsplit.Split(f.SQL, sqlsplit.Postgres)
	if err != nil {
		return fmt.Errorf("%s: %w", f.Name, err)
	}
	for i, s := range statements {
		p.observe(f, i+1, Before)
		req.report(migrations.Progress{File: f.Name, Statement: i + 1, Statements: len(statements), Phase: migrations.RunningStatement, LockWait: waited.get()})
		if err := setTimeouts(ctx, tx.Conn(), "SET LOCAL", p.cfg.LockTimeout, p.timeout(classOf(s))); err != nil {
			return err
		}
		if err := execute(ctx, tx.Conn(), s.Text); err != nil {
			return statementError(f, s, err)
		}
		p.observe(f, i+1, After)
	}
	if _, err := tx.Exec(ctx, "RESET ALL"); err != nil {
		return err
	}
	return p.record(ctx, tx, postgresRow{
		file: f, took: p.now().Sub(began), lockWait: waited.get(), actor: req.actor, overrides: req.overrides[f.Name],
	})
}

// patiently repeats work after lock timeouts and deadlocks, under the budget, and names who was in the way.
func (p *postgres) patiently(ctx context.Context, conn *pgx.Conn, req request, first schema.File, waited *lockWait, work func() error) error {
	deadline := p.now().Add(p.cfg.LockBudget)
	waits := backoff{first: p.cfg.Retry, most: 10 * p.cfg.Retry}
	for attempt := 1; ; attempt++ {
		began, before := p.now(), waited.get()
		watch := watchBlockers(ctx, req.lock, conn.PgConn().PID(), func(message string) {
			// Who is looked for every pollEvery and was found has waited about so long.
			waited.add(pollEvery)
			req.report(migrations.Progress{File: first.Name, Phase: migrations.WaitingForTable, Message: message, LockWait: waited.get()})
		})
		err := work()
		blockers := watch.stop()
		if code := pg.Code(err); code != codeLockTimeout && code != codeDeadlock {
			return err
		}
		who := "nobody was seen"
		if len(blockers) > 0 {
			who = strings.Join(blockers, ", ")
		}
		wait := waits.next()
		// All of an attempt that is rolled back was spent for want of a lock.
		waited.add(p.now().Sub(began) + wait - (waited.get() - before))
		if p.now().Add(wait).After(deadline) {
			return fmt.Errorf("gave up after %d attempts; in the way: %s: %w", attempt, who, err)
		}
		req.report(migrations.Progress{
			File: first.Name, Phase: migrations.Retrying, LockWait: waited.get(),
			Message: fmt.Sprintf("attempt %d got no table lock and was rolled back; in the way: %s", attempt, who),
		})
		if err := sleep(ctx, wait); err != nil {
			return err
		}
	}
}

func (p *postgres) observe(f schema.File, statement int, phase Phase) {
	p.cfg.Observe(Step{Database: p.target.Name, File: f.Name, Statement: statement, Phase: phase})
}

// execute sends one statement as it stands by the simple protocol, which takes every statement.
func execute(ctx context.Context, conn *pgx.Conn, sql string) error {
	_, err := conn.PgConn().Exec(ctx, sql).ReadAll()
	return err
}

func setTimeouts(ctx context.Context, conn *pgx.Conn, set string, lock, statement time.Duration) error {
	return execute(ctx, conn, fmt.Sprintf("%s lock_timeout = %d; %s statement_timeout = %d", set, milliseconds(lock), set, milliseconds(statement)))
}

// milliseconds keeps a time that is not zero from becoming zero, which means for ever.
func milliseconds(d time.Duration) int64 {
	if d <= 0 {
		return 0
	}
	return min(max(1, d.Milliseconds()), math.MaxInt32)
}

func statementError(f schema.File, s sqlsplit.Statement, err error) error {
	hint := ""
	if pg.Code(err) == codeInTransaction {
		hint = `: put it alone into a file that begins with "-- devtrail: no-transaction"`
	}
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		hint = ": interrupted"
	}
	return fmt.Errorf("%s line %d%s: %w", f.Name, s.Line, hint, err)
}
