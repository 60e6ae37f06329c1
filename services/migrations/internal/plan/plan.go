// Package plan says what files would do to a live database before they do it: each statement is run on a scratch copy of the schema on the same
// server, the locks, rewrites and scans are read from the server's own books, and the sizes come from the live tables. Operators ask for it by PlanDatabase.
package plan

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	"devtrail.dev/kit/schema"
	"devtrail.dev/services/migrations"
	"devtrail.dev/services/migrations/internal/segment"
	"devtrail.dev/services/migrations/internal/sqlsplit"
)

// Deps says where the servers are and how fast they work.
type Deps struct {
	// ClickHouseURL is the address of a server and a user who may create databases; empty when no target needs it.
	ClickHouseURL string
	// PostgresURL is the same of Postgres.
	PostgresURL string
	// RewriteRate and ScanRate are the bytes a second at which the server writes a table anew and reads it, for estimates;
	// 50 MB and 200 MB when zero, which modest disks reach.
	RewriteRate, ScanRate float64
}

// Planner makes plans. It is safe for concurrent use: each plan has a scratch database of its own.
type Planner struct{ deps Deps }

// New makes a Planner. It connects to nothing.
func New(deps Deps) *Planner {
	if deps.RewriteRate == 0 {
		deps.RewriteRate = 50 << 20
	}
	if deps.ScanRate == 0 {
		deps.ScanRate = 200 << 20
	}
	return &Planner{deps: deps}
}

// planned is one file with what its statements were measured to do.
type planned struct {
	file       schema.File
	statements []migrations.PlannedStatement
}

// engine is what the two kinds of databases do each in their own way.
type engine interface {
	// measure runs the waiting files in their order on a scratch database on which the applied ones were replayed; the first of them, so many, are pending.
	// What cannot be measured says why.
	measure(ctx context.Context, t migrations.Target, applied, waiting []schema.File, pending int) ([]planned, error)
	// fingerprint of the live catalog; of nothing when the database does not exist.
	fingerprint(ctx context.Context, database string) (string, error)
}

func (p *Planner) engine(e migrations.Engine) engine {
	if e == migrations.ClickHouse {
		return clickHouse{url: p.deps.ClickHouseURL}
	}
	return postgres{url: p.deps.PostgresURL}
}

// Plan says what would be applied to the target upon the applied files: the pending files in segments, then the later ones, each by itself and in the order
// given. The gates are not judged here.
func (p *Planner) Plan(ctx context.Context, t migrations.Target, applied, pending, later []schema.File) (migrations.Plan, error) {
	waiting := slices.Concat(pending, later)
	made := migrations.Plan{Database: t.Name}
	var err error
	if made.Fingerprint, err = p.Fingerprint(ctx, t, waiting); err != nil {
		return made, err
	}
	if len(waiting) == 0 {
		return made, nil
	}
	files, err := p.engine(t.Engine).measure(ctx, t, applied, waiting, len(pending))
	if err != nil {
		return made, fmt.Errorf("measure the files of %s: %w", t.Name, err)
	}
	for i := range files {
		for j := range files[i].statements {
			s := &files[i].statements[j]
			s.Estimate = p.estimate(s.Effects)
		}
	}
	made.Segments = segments(files, len(pending), t.Engine == migrations.Postgres)
	return made, nil
}

// segments puts files together as the runner does: the pending ones that may share a transaction, and each of the others by itself.
func segments(files []planned, pending int, transactions bool) []migrations.Segment {
	var list []migrations.Segment
	for len(files) > 0 {
		n := 1
		if transactions {
			plain := make([]schema.File, len(files))
			for i, f := range files {
				plain[i] = f.file
			}
			n = together(plain, pending)
		}
		own := migrations.Segment{Transaction: transactions && !segment.Apart(files[0].file), Background: pending <= 0 && files[0].file.Background}
		for _, f := range files[:n] {
			own.Files = append(own.Files, f.file.Name)
			own.Statements = append(own.Statements, f.statements...)
		}
		list = append(list, own)
		files, pending = files[n:], pending-n
	}
	return list
}

func (p *Planner) estimate(effects []migrations.Effect) time.Duration {
	seconds := 0.0
	for _, e := range effects {
		switch {
		case e.Rewrite:
			seconds += float64(e.LiveBytes) / p.deps.RewriteRate
		case e.Scan:
			seconds += float64(e.LiveBytes) / p.deps.ScanRate
		}
	}
	return time.Duration(seconds * float64(time.Second))
}

// Fingerprint stands for the live schema of the target and the files that wait. A plan whose fingerprint is another no longer fits.
func (p *Planner) Fingerprint(ctx context.Context, t migrations.Target, waiting []schema.File) (string, error) {
	live, err := p.engine(t.Engine).fingerprint(ctx, t.Database)
	if err != nil {
		return "", fmt.Errorf("read the live schema of %s: %w", t.Name, err)
	}
	h := sha256.New()
	fmt.Fprintln(h, live)
	for _, f := range waiting {
		fmt.Fprintln(h, f.Version, f.Checksum)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// statements cuts a file.
func statements(f schema.File, dialect sqlsplit.Dialect) ([]migrations.PlannedStatement, []sqlsplit.Statement, error) {
	cut, err := sqlsplit.Split(f.SQL, dialect)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", f.Name, err)
	}
	list := make([]migrations.PlannedStatement, len(cut))
	for i, s := range cut {
		list[i] = migrations.PlannedStatement{File: f.Name, Number: i + 1, Line: s.Line, SQL: s.Text}
	}
	return list, cut, nil
}
