package migrations

import (
	"strings"
	"time"

	"devtrail.dev/kit/fault"
)

// ErrGateClosed says that a contract file may not be applied yet.
var ErrGateClosed = fault.New(fault.State, "GATE_CLOSED", "the gate is closed")

// GateState is whether a contract file may be applied.
type GateState uint8

// The states of a gate.
const (
	// GateWaiting means that it may not be applied yet. It is also the answer when something is not known.
	GateWaiting GateState = iota
	// GateOpen means that it may be applied.
	GateOpen
	// GateOverridden means that an override lets it through.
	GateOverridden
)

// Gate is whether a contract file may be applied, and who is in the way.
type Gate struct {
	Database, File string
	State          GateState
	// Objects are what nobody may use any more.
	Objects []string
	// Soak is how long nobody must have used them.
	Soak time.Duration
	// Offenders keep it closed; there is at least one when it waits.
	Offenders []Offender
	// Earliest is when it can open if nobody uses the objects again; zero when that cannot be said.
	Earliest time.Time
}

// Passable reports whether the file may be applied.
func (g Gate) Passable() bool { return g.State != GateWaiting }

// Closed is nil when the file may be applied, else ErrGateClosed with who is in the way.
func (g Gate) Closed() error {
	if g.Passable() {
		return nil
	}
	say := make([]string, len(g.Offenders))
	for i, o := range g.Offenders {
		say[i] = o.Message
	}
	return ErrGateClosed.With("the gate of %s is closed: %s", g.File, strings.Join(say, "; "))
}

// OffenderKind is what keeps a gate closed.
type OffenderKind string

// The kinds of offenders.
const (
	// ByLease is a live lease that uses an object, or does not work with the schema after it.
	ByLease OffenderKind = "lease"
	// ByLostLease is a lapsed lease whose instance still has a connection: a partition, not an end.
	ByLostLease OffenderKind = "lost_lease"
	// ByConnection is a connection that no lease accounts for.
	ByConnection OffenderKind = "connection"
	// ByStatements is a statement in pg_stat_statements that ran in the window, or a window that it does not cover.
	ByStatements OffenderKind = "statements"
	// ByQueryLog is the same of ClickHouse's system.query_log.
	ByQueryLog OffenderKind = "query_log"
	// BySoak is the time since the last use, which is too short.
	BySoak OffenderKind = "soak"
	// ByFile is a file that must be applied before.
	ByFile OffenderKind = "file"
	// ByBackfill is a backfill that must be done before.
	ByBackfill OffenderKind = "backfill"
	// ByLint is a finding that refuses the file.
	ByLint OffenderKind = "lint"
)

// Offender is who or what keeps a gate closed.
type Offender struct {
	Kind OffenderKind
	// Message is for people: who, where, since when.
	Message string
}
