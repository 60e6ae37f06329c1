package clickhouse

import (
	"slices"
	"strconv"

	"github.com/google/uuid"

	"devtrail.dev/services/events"
	"devtrail.dev/services/events/internal/overrides"
)

// How many pending overrides a question compares one after the other, as those of one merge are: that costs it next to nothing, and no table is read first. More
// are joined. Of at most mostKnown it is known which matter to a question about some developers, so that those are mostly few.
const (
	mostCompared = 8
	mostKnown    = 2000
)

// lookup is how the statements of a question find the pending overrides of its organization, or those of them that matter to it; nil: there are none.
type lookup struct {
	pending []overrides.Override // by identity
	keys    map[events.Identity]uint64
	many    bool // more than are known
	// overtaken says that some landed behind a fold and are none; of many nobody knows.
	overtaken bool
	exact     bool   // by the identities themselves
	name      string // begins the names of its parameters
}

// Joined tells whether the overrides are read by the statement itself.
func (l *lookup) Joined() bool { return l.many || len(l.pending) > mostCompared }

// Overtaken tells whether those that are joined must be held against what is folded.
func (l *lookup) Overtaken() bool { return l.many || l.overtaken }

// Exact tells whether identities are compared themselves, where kind and value of the actor are read anyway, and not the keys that stand for them.
func (l *lookup) Exact() bool { return l.exact }

// exactly is the same by the identities themselves.
func (l *lookup) exactly() *lookup {
	if l == nil {
		return nil
	}
	return &lookup{exact: true, many: l.many, overtaken: l.overtaken, name: "exact_" + l.name, pending: l.pending}
}

// comparison is an override that is compared, by its parameters.
type comparison struct{ Key, Kind, Value, Developer string }

// Compared are the overrides that are compared one after the other, when none are joined.
func (l *lookup) Compared() []comparison {
	all := make([]comparison, len(l.pending))
	for i := range all {
		n := l.parameter(i)
		all[i] = comparison{Key: "{" + n.Key + ":UInt64}", Kind: "{" + n.Kind + ":UInt8}", Value: "{" + n.Value + ":String}", Developer: "{" + n.Developer + ":UUID}"}
	}
	return all
}

// parameter is the names of those of an override.
func (l *lookup) parameter(i int) comparison {
	n := strconv.Itoa(i)
	return comparison{Key: l.name + "_key_" + n, Kind: l.name + "_kind_" + n, Value: l.name + "_value_" + n, Developer: l.name + "_developer_" + n}
}

// into adds the parameters of the overrides to a statement's.
func (l *lookup) into(p params) {
	if l == nil || l.Joined() {
		return
	}
	for i, o := range l.pending {
		n := l.parameter(i)
		p[n.Developer] = o.DeveloperID.String()
		if l.exact {
			p.number(n.Kind, int(o.Identity.Kind))
			p.text(n.Value, o.Identity.Value)
		} else {
			p[n.Key] = formatUint(l.keys[o.Identity])
		}
	}
}

// equal tells whether two answer alike.
func (l *lookup) equal(other *lookup) bool {
	if l == nil || other == nil {
		return l == other
	}
	return l.many == other.many && l.overtaken == other.overtaken && slices.EqualFunc(l.pending, other.pending, overrides.Override.Equal)
}

// about leaves the overrides that matter to a question about some developers; see overrides.About.
func (l *lookup) about(developers []uuid.UUID) (own *lookup, stamps []uuid.UUID) {
	if l == nil || l.many {
		return l, nil
	}
	pending, stamps := overrides.About(developers, l.pending)
	if len(pending) == 0 {
		return nil, nil
	}
	return &lookup{exact: l.exact, keys: l.keys, name: "own_" + l.name, overtaken: l.overtaken, pending: pending}, stamps
}
