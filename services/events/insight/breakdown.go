package insight

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Breakdown splits an answer by the values of properties, or by cohorts.
type Breakdown struct {
	Scope      Scope
	Properties []string  // 1 to 3 keys, of scope event or developer
	Cohorts    []*Cohort // of scope cohort; nil stands for everybody
	Limit      int       // how many values are kept, at least 1
}

// KeyKind tells the buckets of a breakdown apart; the numbers are those of the contract.
type KeyKind uint8

// A value of the property or properties, of which some parts may be missing; no value at all; every value that was not kept; a cohort of the list.
const (
	ValueKey KeyKind = iota + 1
	MissingKey
	OtherKey
	CohortKey
)

// Key is one bucket of a breakdown.
type Key struct {
	Kind   KeyKind
	Parts  []Part // of a value: one for each property
	Cohort int    // of a cohort: its place in the list
}

// Part is the text form of one property, or that it has no value.
type Part struct {
	Text    string
	Missing bool
}

// Other is the key of everything that was not kept.
var Other = Key{Kind: OtherKey}

// NewKey returns the key of properties; it is the missing one when none of them has a value.
func NewKey(parts ...Part) Key {
	if !slices.ContainsFunc(parts, func(p Part) bool { return !p.Missing }) {
		return Key{Kind: MissingKey}
	}
	return Key{Kind: ValueKey, Parts: parts}
}

// Compare orders keys of equal rank: cohorts by their place, values by the bytes of their parts, a missing part after every text, missing after values, other last.
func (k Key) Compare(other Key) int {
	return cmp.Or(cmp.Compare(k.Kind.rank(), other.Kind.rank()), cmp.Compare(k.Cohort, other.Cohort), slices.CompareFunc(k.Parts, other.Parts, Part.compare))
}

// rank is the place of a kind among the others; the numbers of the contract have another order.
func (k KeyKind) rank() int {
	switch k {
	case CohortKey:
		return 0
	case ValueKey:
		return 1
	case MissingKey:
		return 2
	case OtherKey:
		return 3
	}
	return -1
}

func (p Part) compare(other Part) int {
	switch {
	case p.Missing && other.Missing:
		return 0
	case p.Missing:
		return 1
	case other.Missing:
		return -1
	}
	return strings.Compare(p.Text, other.Text)
}

// KeyTotal is a bucket of a breakdown with the number it is ranked by.
type KeyTotal struct {
	Key    Key
	Total  float64
	Values []float64 // by bucket; nil when they are not known
}

// Identity returns a text that is equal for equal keys and no others.
func (k Key) Identity() string {
	var b strings.Builder
	b.WriteString(strconv.Itoa(int(k.Kind)))
	b.WriteByte(' ')
	b.WriteString(strconv.Itoa(k.Cohort))
	for _, p := range k.Parts {
		b.WriteByte(' ')
		if p.Missing {
			b.WriteByte('-')
			continue
		}
		b.WriteString(strconv.Quote(p.Text))
	}
	return b.String()
}

// checked returns the breakdown with its default limit.
func (b *Breakdown) checked() (*Breakdown, error) {
	if b == nil {
		return nil, nil //nolint:nilnil // no breakdown is a breakdown, too
	}
	c := *b
	switch c.Scope {
	case EventScope, DeveloperScope:
		if err := within("breakdown.properties", len(c.Properties), 1, 3); err != nil {
			return nil, err
		}
		for i, key := range c.Properties {
			if err := checkText(fmt.Sprintf("breakdown.properties[%d]", i), key, MaxKeyLength); err != nil {
				return nil, err
			}
		}
		if c.Limit == 0 {
			c.Limit = defaultBreakdown
		}
		return &c, within("breakdown.limit", c.Limit, 1, MaxBreakdownValues)
	case CohortScope:
		c.Limit = len(c.Cohorts)
		return &c, within("breakdown.cohorts", len(c.Cohorts), 1, MaxCohorts)
	}
	return nil, ErrBreakdownInvalid.With("a breakdown is by properties of events or developers, or by cohorts").Field("breakdown.kind")
}
