package events

import "context"

// Folds is the part of a Store that keeps its overrides few. The law of the Store holds for it.
//
// A reassignment is pending until its developer stands in every event of its identity; until then questions look it up, which costs them time.
// Folding changes no answer: not while it runs, not when it is ended or killed at any place, and not when the identity is reassigned meanwhile.
type Folds interface {
	// Pending must return how many identities, of all organizations, have a pending reassignment. A note (sequence 0) is none.
	Pending(ctx context.Context) (int, error)
	// Fold must write the pending reassignments of at most limit identities of one organization into their events, the oldest first, and return how many
	// are folded by it; 0 when none is pending. It must not keep events from being appended for longer than one Append takes.
	// On an error, and when ctx ends, part of the work may be done; the next call takes it up. One call runs at a time.
	Fold(ctx context.Context, limit int) (int, error)
}
