package identity

import (
	"strings"
	"time"
	"unicode"

	"github.com/google/uuid"

	"devtrail.dev/kit/fault"
)

// ErrMergeSelf says that a developer was to be merged into itself.
var ErrMergeSelf = fault.New(fault.Invalid, "MERGE_SELF", "a developer cannot be merged into itself")

// ErrMergeCycle says that the target was merged into the source before, so the source is who survived.
var ErrMergeCycle = fault.New(fault.Invalid, "MERGE_CYCLE", "the target was merged into the source already")

// Merge says that two developers are one.
type Merge struct {
	TargetID uuid.UUID
	SourceID uuid.UUID
	Reason   string
	// Actor is who decided, as in Link.
	Actor string
}

// NewMerge checks what can be checked without looking: ErrMergeSelf, or ErrTextInvalid for a reason with control characters.
func NewMerge(target, source uuid.UUID, reason, actor string) (Merge, error) {
	if target == source {
		return Merge{}, ErrMergeSelf.Field("source_id")
	}
	if strings.ContainsFunc(reason, func(r rune) bool { return unicode.IsControl(r) && !unicode.IsSpace(r) }) {
		return Merge{}, ErrTextInvalid.With("reason has control characters").Field("reason")
	}
	return Merge{TargetID: target, SourceID: source, Reason: reason, Actor: actor}, nil
}

// Head is a developer's row as a merge sees it: redirects not followed.
type Head struct {
	ID uuid.UUID
	// MergedInto is the survivor; uuid.Nil for a developer that is not merged.
	MergedInto uuid.UUID
	CreatedAt  time.Time
}

// Survivor returns the id of the developer that answers for this one.
func (h Head) Survivor() uuid.UUID {
	if h.MergedInto != uuid.Nil {
		return h.MergedInto
	}
	return h.ID
}

// Plan says which two survivors become one when the source is merged into the target. Ids of merged developers are names of their survivors,
// so the outcome, who is one with whom, does not depend on the order of merges. It returns needed = false when they are one already,
// and ErrMergeCycle when the target was merged into the source itself: the id that shall stay is gone for ever.
func Plan(target, source Head) (targetID, sourceID uuid.UUID, needed bool, err error) {
	targetID, sourceID = target.Survivor(), source.Survivor()
	switch {
	case targetID != sourceID:
		return targetID, sourceID, true, nil
	case source.ID == sourceID:
		return targetID, sourceID, false, ErrMergeCycle.With("developer %s was merged into %s already", target.ID, source.ID).Field("target_id")
	default:
		return targetID, sourceID, false, nil
	}
}
