package clickhouse

import (
	"cmp"
	"slices"
	"strconv"

	"github.com/google/uuid"
)

// How many pending overrides a question compares one after the other, as those of one merge are: that costs it next to nothing, and no table is read first. More
// are joined. Of at most mostKnown it is known which matter to a question about some developers, so that those are mostly few.
const (
	mostCompared = 8
	mostKnown    = 2000
)

// identity is one with pending overrides.
type identity struct {
	kind  uint8
	value string
}

// override is what is pending of an identity.
type override struct {
	identity  identity
	key       uint64 // that stands for the identity
	developer uuid.UUID
	sequence  uint64
	previous  []uuid.UUID // whom the events of the identity may be stamped with, in order; nil when that is not known
}

func (o override) compare(other override) int {
	return cmp.Or(cmp.Compare(o.key, other.key), cmp.Compare(o.sequence, other.sequence))
}

func (o override) equal(other override) bool {
	return o.identity == other.identity && o.developer == other.developer && (o.previous == nil) == (other.previous == nil) && slices.Equal(o.previous, other.previous)
}

// lookup is how the statements of a question find the pending overrides of its organization, or those of them that matter to it; nil: there are none.
type lookup struct {
	overrides []override // by key
	many      bool       // more than are known
	exact     bool       // by the identities themselves
	name      string     // begins the names of its parameters
}

// Joined tells whether the overrides are read by the statement itself.
func (l *lookup) Joined() bool { return l.many || len(l.overrides) > mostCompared }

// Exact tells whether identities are compared themselves, where kind and value of the actor are read anyway, and not the keys that stand for them.
func (l *lookup) Exact() bool { return l.exact }

// exactly is the same by the identities themselves.
func (l *lookup) exactly() *lookup {
	if l == nil {
		return nil
	}
	return &lookup{exact: true, many: l.many, name: "exact_" + l.name, overrides: l.overrides}
}

// comparison is an override that is compared, by its parameters.
type comparison struct{ Key, Kind, Value, Developer string }

// Compared are the overrides that are compared one after the other, when none are joined.
func (l *lookup) Compared() []comparison {
	all := make([]comparison, len(l.overrides))
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
	for i, o := range l.overrides {
		n := l.parameter(i)
		p[n.Developer] = o.developer.String()
		if l.exact {
			p.number(n.Kind, int(o.identity.kind))
			p.text(n.Value, o.identity.value)
		} else {
			p[n.Key] = formatUint(o.key)
		}
	}
}

// equal tells whether two answer alike.
func (l *lookup) equal(other *lookup) bool {
	if l == nil || other == nil {
		return l == other
	}
	return l.many == other.many && slices.EqualFunc(l.overrides, other.overrides, override.equal)
}

// about leaves the overrides that matter to a question about some developers: those that give them events or take events from them. With them come all whom
// the developers' events may be stamped with, nil when that is not known or is the developers alone, as it is without overrides.
func (l *lookup) about(developers []uuid.UUID) (own *lookup, stamps []uuid.UUID) {
	if l == nil || l.many {
		return l, nil
	}
	theirs := func(id uuid.UUID) bool { return slices.Contains(developers, id) }
	own, known := &lookup{name: "own_" + l.name}, true
	for _, o := range l.overrides {
		gives := theirs(o.developer)
		if !gives && o.previous != nil && !slices.ContainsFunc(o.previous, theirs) {
			continue
		}
		own.overrides = append(own.overrides, o)
		if gives {
			known = known && o.previous != nil
			stamps = append(stamps, o.previous...)
		}
	}
	switch {
	case len(own.overrides) == 0:
		return nil, nil
	case !known:
		return own, nil
	}
	return own, append(stamps, developers...)
}
