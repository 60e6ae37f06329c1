package clickhouse

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strconv"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/google/uuid"
)

// How many pending overrides are compared one after the other, as those of one merge are, and how many are looked up in a list that a statement brings along.
// More are joined. A few comparisons cost a question next to nothing, a list costs less than a join, and neither has a table read first.
const (
	mostCompared = 8
	mostListed   = 2000
)

// lookup is how the statements of a question find the pending overrides of its organization; nil: there are none.
type lookup struct {
	keys       []uint64 // of the identities
	developers []uuid.UUID
	many       bool // more than are listed
}

// Joined tells whether the overrides are read by the statement itself.
func (l *lookup) Joined() bool { return l.many }

// Compared are the numbers of the overrides that are compared one after the other.
func (l *lookup) Compared() []string {
	if l.many || len(l.keys) > mostCompared {
		return nil
	}
	numbers := make([]string, len(l.keys))
	for i := range numbers {
		numbers[i] = strconv.Itoa(i)
	}
	return numbers
}

// joined is the same where kind and value of the actor are joined.
func (l *lookup) joined() *lookup {
	if l == nil {
		return nil
	}
	return &lookup{many: true}
}

// into adds the parameters of the overrides to a statement's.
func (l *lookup) into(p params) {
	if l == nil || l.many {
		return
	}
	if numbers := l.Compared(); numbers != nil {
		for i, n := range numbers {
			p["override_key_"+n], p["override_developer_"+n] = formatUint(l.keys[i]), l.developers[i].String()
		}
		return
	}
	places := make([]uint64, len(l.keys))
	for i := range places {
		places[i] = uint64(i + 1)
	}
	p["override_keys"], p["override_places"] = list(l.keys, formatUint), list(places, formatUint)
	p.ids("override_developers", l.developers)
}

// equal tells whether two answer alike.
func (l *lookup) equal(other *lookup) bool {
	if l == nil || other == nil {
		return l == other
	}
	return l.many == other.many && slices.Equal(l.keys, other.keys) && slices.Equal(l.developers, other.developers)
}

// readOverrides asks how overrides must be looked up; while there are none the questions keep their simplest shape.
func (s *Store) readOverrides(organization uuid.UUID) func(context.Context) (*lookup, error) {
	return func(ctx context.Context) (*lookup, error) {
		newest := make(map[identity]override)
		rows := 0
		p := about(organization)
		p.number("limit", mostListed+1)
		lean := clickhouse.Settings{"max_threads": 1} // each question may wait for it, and there is next to nothing to read
		err := s.runWith(ctx, "overrides", shape{}, p, lean, func(r driver.Rows) error {
			var of identity
			var o override
			err := r.Scan(&of.kind, &of.value, &o.key, &o.developer, &o.sequence)
			if o.sequence > newest[of].sequence {
				newest[of] = o
			}
			rows++
			return err
		})
		if err != nil {
			return nil, judge(ctx, err)
		}
		if rows > mostListed {
			return (&lookup{}).joined(), nil
		}
		var l *lookup
		for _, o := range slices.SortedFunc(maps.Values(newest), override.compare) {
			if l == nil {
				l = &lookup{}
			}
			l.keys, l.developers = append(l.keys, o.key), append(l.developers, o.developer)
		}
		return l, nil
	}
}

// identity is one with pending overrides.
type identity struct {
	kind  uint8
	value string
}

// override is the newest of an identity.
type override struct {
	key       uint64
	developer uuid.UUID
	sequence  uint64
}

func (o override) compare(other override) int {
	return cmp.Or(cmp.Compare(o.key, other.key), cmp.Compare(o.sequence, other.sequence))
}
