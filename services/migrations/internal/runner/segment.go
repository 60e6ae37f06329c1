package runner

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"devtrail.dev/kit/schema"
	"devtrail.dev/services/migrations"
	"devtrail.dev/services/migrations/internal/sqlsplit"
)

// transaction applies the files and their history rows in one transaction.
func (p *postgres) transaction(ctx context.Context, conn *pgx.Conn, req request, files []schema.File, waited *lockWait) error {
	last := files[len(files)-1]
	err := pgx.BeginFunc(ctx, conn, func(pgx.Tx) error {
		if err := p.lightly(ctx, conn, schema.CreatePostgresHistory); err != nil {
			return err
		}
		rows, err := p.files(ctx, conn, req, files, waited)
		if err != nil {
			return err
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

// files runs the statements of the files, message by message.
func (p *postgres) files(ctx context.Context, conn *pgx.Conn, req request, files []schema.File, waited *lockWait) ([]postgresRow, error) {
	var m message
	rows := make([]postgresRow, 0, len(files))
	clock := p.now()
	send := func() error {
		err := m.send(ctx, conn, func(s step, done bool) {
			if !done {
				if s.number == 1 {
					clock = p.now()
				}
				p.observe(s.file, s.number, Before)
				req.report(migrations.Progress{File: s.file.Name, Statement: s.number, Statements: s.of, Phase: migrations.RunningStatement, LockWait: waited.get()})
				return
			}
			p.observe(s.file, s.number, After)
			if s.number == s.of {
				rows = append(rows, postgresRow{
					file: s.file, took: p.now().Sub(clock), lockWait: waited.get(), actor: req.actor, overrides: req.overrides[s.file.Name],
				})
			}
		})
		m = message{}
		return err
	}
	for _, f := range files {
		statements, err := sqlsplit.Split(f.SQL, sqlsplit.Postgres)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f.Name, err)
		}
		for i, s := range statements {
			m.add(step{f, i + 1, len(statements), s}, timeouts("SET LOCAL", p.cfg.LockTimeout, p.timeout(classOf(s))))
			if m.full() {
				if err := send(); err != nil {
					return nil, err
				}
			}
		}
	}
	return rows, send()
}
