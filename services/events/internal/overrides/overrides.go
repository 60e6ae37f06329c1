// Package overrides knows which of the pending reassignments matter to a question about some developers, and whom the events that it asks for may be stamped
// with. It stands between the stores on database servers and their statements; it asks nothing itself.
package overrides

import (
	"bytes"
	"slices"

	"github.com/google/uuid"

	"devtrail.dev/services/events"
)

// Override is the pending reassignment of an identity: its events are the developer's, whoever is stamped on them.
type Override struct {
	Identity    events.Identity
	DeveloperID uuid.UUID
	// Previous are all but the developer whom events of the identity may be stamped with; none when that is not known.
	Previous []uuid.UUID
}

// Equal tells whether two answer alike.
func (o Override) Equal(other Override) bool {
	return o.Identity == other.Identity && o.DeveloperID == other.DeveloperID && slices.Equal(o.Previous, other.Previous)
}

// About returns the overrides that matter to a question about some developers: those that give them events or take events from them. Stamps are all whom the
// developers' events may be stamped with, each once and in order; none when that is not known, or when no override matters.
func About(developers []uuid.UUID, pending []Override) (own []Override, stamps []uuid.UUID) {
	theirs := func(id uuid.UUID) bool { return slices.Contains(developers, id) }
	known := true
	for _, o := range pending {
		gives := theirs(o.DeveloperID)
		if !gives && len(o.Previous) > 0 && !slices.ContainsFunc(o.Previous, theirs) {
			continue
		}
		own = append(own, o)
		if gives {
			known = known && len(o.Previous) > 0
			stamps = append(stamps, o.Previous...)
		}
	}
	if len(own) == 0 || !known {
		return own, nil
	}
	return own, Each(append(stamps, developers...))
}

// Moved returns everybody but their developers whom the events of overridden identities may be stamped with, each once and in order; none when that is not known.
func Moved(pending []Override) []uuid.UUID {
	var all []uuid.UUID
	for _, o := range pending {
		if len(o.Previous) == 0 {
			return nil
		}
		all = append(all, o.Previous...)
	}
	return Each(all)
}

// Each returns the ids in order, each once.
func Each(ids []uuid.UUID) []uuid.UUID {
	ids = slices.Clone(ids)
	slices.SortFunc(ids, func(a, b uuid.UUID) int { return bytes.Compare(a[:], b[:]) })
	return slices.Compact(ids)
}
