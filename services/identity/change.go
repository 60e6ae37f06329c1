package identity

import (
	"time"

	"github.com/google/uuid"

	"devtrail.dev/kit/fault"
)

// ErrSequenceAhead says that a watcher has changes that this database never had: it was restored, or is another one.
var ErrSequenceAhead = fault.New(fault.State, "SEQUENCE_AHEAD", "after_sequence is ahead of the last change: watch from 0 again")

// Change says that from now on an identity is a developer's.
type Change struct {
	// Sequence is the position in the order of all changes of the installation, from 1, without holes.
	Sequence       int64
	OrganizationID uuid.UUID
	Identity       Identity
	// DeveloperID is who has it from now on; uuid.Nil for nobody.
	DeveloperID uuid.UUID
	// PreviousDeveloperID is who had it before; uuid.Nil for nobody.
	PreviousDeveloperID uuid.UUID
	ChangedAt           time.Time
}
