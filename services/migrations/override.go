package migrations

import "time"

// GateRule is the name under which a gate is overridden; other names are rules of lint.
const GateRule = "gate"

// Override is a permission for one file of one database to pass a rule of lint, or its gate.
type Override struct {
	Database, File string
	// Rule is a rule of lint, or GateRule.
	Rule string
	// Reason says why; it is never empty.
	Reason string
	// Actor is the caller who gave it.
	Actor string
	// At is by the database's clock.
	At time.Time
}
