package runner

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"devtrail.dev/kit/schema"
	"devtrail.dev/services/migrations"
	"devtrail.dev/services/migrations/internal/sqlsplit"
)

// apart reports whether a file cannot share a transaction: its header says so, or Postgres refuses one of its statements there.
func apart(f schema.File) bool {
	return f.NoTransaction || has(f, refusesTransaction)
}

// has reports whether one of the statements is so. Of a file that cannot be cut none is: applying it says what is wrong.
func has(f schema.File, is func(sqlsplit.Statement) bool) bool {
	statements, err := sqlsplit.Split(f.SQL, sqlsplit.Postgres)
	return err == nil && slices.ContainsFunc(statements, is)
}

// segment is how many of the first files go together. A background file goes by itself, since its statements may take long,
// and a file that adds a value to an enum is the last of its segment: Postgres lets nobody use the value before the commit.
func segment(files []schema.File) int {
	for n, f := range files {
		switch {
		case apart(f) || f.Background:
			return max(n, 1)
		case has(f, addsEnumValue):
			return n + 1
		}
	}
	return len(files)
}

// transaction applies the files and their history rows in one transaction.
func (p *postgres) transaction(ctx context.Context, conn *pgx.Conn, req request, files []schema.File, waited *lockWait) error {
	last := files[len(files)-1]
	err := pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		if err := p.lightly(ctx, conn, schema.CreatePostgresHistory); err != nil {
			return err
		}
		rows := make([]postgresRow, 0, len(files))
		for _, f := range files {
			began := p.now()
			if err := p.file(ctx, conn, req, f, waited); err != nil {
				return err
			}
			rows = append(rows, postgresRow{
				file: f, took: p.now().Sub(began), lockWait: waited.get(), actor: req.actor, overrides: req.overrides[f.Name],
			})
		}
		if err := p.record(ctx, conn, "SET LOCAL", rows...); err != nil {
			return err
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

// file runs the statements of a file. The settings go with each statement in one message, which saves a way to the server and back:
// with the first of a file RESET ALL, since what the file before has SET, a search_path for one, is not for this one.
func (p *postgres) file(ctx context.Context, conn *pgx.Conn, req request, f schema.File, waited *lockWait) error {
	statements, err := sqlsplit.Split(f.SQL, sqlsplit.Postgres)
	if err != nil {
		return fmt.Errorf("%s: %w", f.Name, err)
	}
	before := "RESET ALL; "
	for i, s := range statements {
		p.observe(f, i+1, Before)
		req.report(migrations.Progress{File: f.Name, Statement: i + 1, Statements: len(statements), Phase: migrations.RunningStatement, LockWait: waited.get()})
		set := before + timeouts("SET LOCAL", p.cfg.LockTimeout, p.timeout(classOf(s)))
		if err := execute(ctx, conn, set+"; "+s.Text); err != nil {
			return statementError(f, s, err)
		}
		before = ""
		p.observe(f, i+1, After)
	}
	return nil
}
