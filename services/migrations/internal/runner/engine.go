package runner

import (
	"context"

	"devtrail.dev/kit/schema"
	"devtrail.dev/services/migrations"
	"devtrail.dev/services/migrations/lint"
)

// engine is what Postgres and ClickHouse do each in their own way.
type engine interface {
	// create makes the database when it is missing. Two callers at once are fine.
	create(ctx context.Context) error
	// applied returns version to checksum of what is applied; nothing when the database or its history is missing.
	applied(ctx context.Context) (map[int64]string, error)
	// apply applies the files of the request in order and reports each that is applied for good.
	// It must be repeatable after any error and after the end of the process at any point.
	apply(ctx context.Context, req request) error
	// applyBackground does the same for files that work in the size of the data. The lock of the request is that of the background,
	// so that required files go on beside it; no statement is held to the short timeouts.
	applyBackground(ctx context.Context, req request) error
	// baseline records the files as applied without running them. The caller holds the lock and has seen that the history is empty.
	baseline(ctx context.Context, lock held, files []schema.File, actor string) error
	// history returns at most limit entries below the version, newest first.
	history(ctx context.Context, below int64, limit int) ([]migrations.Entry, error)
	// occupant names a table that is not the runner's; empty when there is none or no database.
	occupant(ctx context.Context) (string, error)
	// lintOptions is what lint should know of the engine and its server, which is asked.
	lintOptions(ctx context.Context) (lint.Options, error)
	close()
}

// request is what an engine is asked to apply. All its fields are set.
type request struct {
	// lock is held while the request is worked at and must be checked before each commit.
	lock held
	// files are applied in this order; there is at least one.
	files []schema.File
	// fresh says that the database had no history when the attempt began, so that there is nothing to protect.
	fresh bool
	// actor is who asked, for the history; empty when the service applies by itself.
	actor string
	// overrides has, by the name of a file, what it was allowed to pass; they are written to its history row.
	overrides map[string][]migrations.Override
	// gate is judged again just before each commit, and where the engine has no transactions before each statement.
	// Its error, ErrGateClosed, ends the attempt with nothing committed and is given back as it is.
	gate func(ctx context.Context) error
	// report is told every step, by any goroutine; it never blocks. The engine sets File and all that follows, FileApplied last for a file.
	report func(migrations.Progress)
}

// passes is the gate of files that have none.
func passes(context.Context) error { return nil }
