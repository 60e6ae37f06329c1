// Package gate judges whether a contract file may be applied: no instance that counts may use what the file takes away, nobody may have used it for the
// soak, and the database's own records must agree. What is not known keeps the gate closed, and whoever keeps it closed is named.
// The runner asks it before a contract file and again just before the commit; plans show its answers.
package gate

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"devtrail.dev/kit/schema"
	"devtrail.dev/services/migrations"
	"devtrail.dev/services/migrations/internal/lease"
)

// Deps are what a Judge needs.
type Deps struct {
	// Cluster is the ClickHouse cluster whose hosts are asked; empty for one host.
	Cluster string
	// ClickHouseURL leads to the ClickHouse server; needed for targets there.
	ClickHouseURL string
	// Leases is the store of the leases.
	Leases *lease.Store
	// Ledger is a pool to the ledger database, which is on the Postgres server of the targets.
	Ledger *pgxpool.Pool
	// PostgresURL leads to that server.
	PostgresURL string
	// Standbys are the application names of standbys and receivers of the write-ahead log whose readers all hold leases, or that have none.
	Standbys []string
}

// Judge judges gates.
type Judge struct{ deps Deps }

// New makes a Judge. It opens nothing that must be closed.
func New(deps Deps) *Judge { return &Judge{deps: deps} }

// Gate judges the gate of a contract file of a target. A file that is no contract is open. The first call begins the soak. An error means that the records
// could not be read; nothing may be applied then.
//
// That the live instances are of new enough builds needs no rule of its own: each build lists what it uses, so an old one keeps the gate closed by its list.
func (j *Judge) Gate(ctx context.Context, t migrations.Target, f schema.File) (migrations.Gate, error) {
	g := migrations.Gate{Database: t.Name, File: f.Name, State: migrations.GateOpen}
	if f.Contract == nil {
		return g, nil
	}
	g.Objects, g.Soak = f.Contract.NoReader, f.Contract.Soak
	if own := ours(t, g.Objects); own != "" {
		// The file would hold them while it is judged, and every service would wait to renew its lease.
		g.State = migrations.GateWaiting
		g.Offenders = []migrations.Offender{{Kind: migrations.ByLease, Message: own + " is what gates are judged by, so that its own cannot be judged: only an override lets it pass"}}
		return g, nil
	}
	window, err := j.deps.Leases.Look(ctx, t.Name, f.Name, g.Objects)
	if err != nil {
		return g, err
	}
	l := &look{target: t, file: f, gate: &g, window: window}
	l.use(lease.Use{At: window.LookedAt, By: "the gate was first looked at; what was before is not known"})
	l.use(window.Evidence)
	if l.leases, err = j.deps.Leases.Of(ctx, t.Name); err != nil {
		return g, err
	}
	used, err := j.deps.Leases.LastUsed(ctx, t.Name, g.Objects)
	if err != nil {
		return g, err
	}
	l.use(used)
	l.judgeLeases()
	if t.Engine == migrations.ClickHouse {
		err = j.askClickHouse(ctx, l)
	} else {
		err = j.askPostgres(ctx, l)
	}
	if err != nil {
		return g, fmt.Errorf("judge the gate of %s: %w", f.Name, err)
	}
	l.judgeSoak()
	if len(g.Offenders) > 0 {
		g.State = migrations.GateWaiting
	}
	return g, nil
}

// ours returns the first of the objects that is of a table by which gates are judged; empty when none is.
func ours(t migrations.Target, objects []string) string {
	if t.Name != migrations.Ledger {
		return ""
	}
	for _, o := range objects {
		if table, _, _ := strings.Cut(o, "."); slices.Contains([]string{"gates", "instance_needs", "instances", "usages", "watches"}, table) {
			return o
		}
	}
	return ""
}

// look is one look at a gate.
type look struct {
	target migrations.Target
	file   schema.File
	gate   *migrations.Gate
	window lease.Window
	leases []migrations.Lease
	// used is the last use, from which the soak counts.
	used lease.Use
	// notBefore is when the gate may open at the earliest for a reason beside the soak.
	notBefore time.Time
}

func (l *look) use(u lease.Use) { l.used = l.used.Later(u) }

func (l *look) offend(kind migrations.OffenderKind, format string, args ...any) {
	l.gate.Offenders = append(l.gate.Offenders, migrations.Offender{Kind: kind, Message: fmt.Sprintf(format, args...)})
}

// judgeSoak closes the gate until nobody has used the objects for long enough.
func (l *look) judgeSoak() {
	opens := l.used.At.Add(l.gate.Soak)
	if l.window.Now.Before(opens) {
		l.offend(migrations.BySoak, "%s unused since %s (%s) and must be for %s, until %s",
			names(l.gate.Objects), stamp(l.used.At), l.used.By, l.gate.Soak, stamp(opens))
	}
	l.gate.Earliest = opens
	if l.notBefore.After(opens) {
		l.gate.Earliest = l.notBefore
	}
}

// stamp writes a time for people.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05Z") }

// ago writes how long before the look something was.
func (l *look) ago(t time.Time) string {
	return max(0, l.window.Now.Sub(t)).Round(time.Second).String() + " ago"
}
