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

	"devtrail.dev/kit/pause"
	"devtrail.dev/kit/pg"
	"devtrail.dev/kit/schema"
	"devtrail.dev/services/migrations"
	"devtrail.dev/services/migrations/internal/segment"
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
	pool, err := pg.Open(ctx, url, pg.Options{ApplicationName: migrations.Application, MaxConns: 2})
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
	conn, err := connectPostgres(ctx, p.serverURL, p.target.Database, migrations.Application+" "+p.cfg.Build)
	if err != nil {
		return err
	}
	defer closeConn(ctx, conn)
	if err := p.completeHistory(ctx, conn); err != nil {
		return away(err)
	}
	for files := req.files; len(files) > 0; {
		n := segment.Size(files)
		waited := &lockWait{}
		work, budget := func() error { return p.transaction(ctx, conn, req, files[:n], waited) }, p.cfg.LockTimeout
		if segment.Apart(files[0]) { // it holds no table while it waits for another
			work, budget = func() error { return p.alone(ctx, conn, req, files[0], waited) }, 0
		}
		if err := p.patiently(ctx, conn, req, files[0], waited, budget, work); err != nil {
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

// patiently repeats work after lock timeouts and deadlocks, as long as LockBudget, and names who was in the way.
// All waits of one attempt together are kept within a budget, which is none when it is 0.
func (p *postgres) patiently(ctx context.Context, conn *pgx.Conn, req request, first schema.File, waited *lockWait, budget time.Duration, work func() error) error {
	deadline := p.now().Add(p.cfg.LockBudget)
	waits := pause.Backoff{First: p.cfg.Retry, Most: 10 * p.cfg.Retry}
	for attempt := 1; ; attempt++ {
		began, before := p.now(), waited.get()
		watch := watchBlockers(ctx, req.lock, conn.PgConn().PID(), budget, watchers{
			blocked: func(message string) {
				waited.add(watchEvery)
				req.report(migrations.Progress{File: first.Name, Phase: migrations.WaitingForTable, Message: message, LockWait: waited.get()})
			},
			building: func(phase string, percent float64) {
				req.report(migrations.Progress{
					File: first.Name, Phase: migrations.RunningStatement, Message: phase, Percent: math.Round(percent), LockWait: waited.get(),
				})
			},
		})
		err := work()
		blockers, over := watch.stop()
		switch pg.Code(err) {
		case codeLockTimeout, codeDeadlock:
			over = false
		case codeCanceled:
			if !over {
				return err
			}
		default:
			return err
		}
		who := "nobody was seen"
		if len(blockers) > 0 {
			who = strings.Join(blockers, ", ")
		}
		why := "got no table lock"
		if over {
			why = "waited too long for its table locks together"
		}
		wait := waits.Next()
		// All of an attempt that is rolled back was spent for want of a lock.
		waited.add(p.now().Sub(began) + wait - (waited.get() - before))
		if p.now().Add(wait).After(deadline) {
			return fmt.Errorf("gave up after %d attempts; in the way: %s: %w", attempt, who, err)
		}
		req.report(migrations.Progress{
			File: first.Name, Phase: migrations.Retrying, LockWait: waited.get(),
			Message: fmt.Sprintf("attempt %d %s and was rolled back; in the way: %s", attempt, why, who),
		})
		if err := pause.For(ctx, wait); err != nil {
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

// timeouts is the SQL that sets both, for the transaction or the session.
func timeouts(set string, lock, statement time.Duration) string {
	return fmt.Sprintf("%s lock_timeout = %d; %s statement_timeout = %d", set, milliseconds(lock), set, milliseconds(statement))
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
		hint = `: begin the file with "-- devtrail: no-transaction"`
	}
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		hint = ": interrupted"
	}
	return fmt.Errorf("%s line %d%s: %w", f.Name, s.Line, hint, err)
}
