package answer

import (
	"cmp"
	"slices"

	"devtrail.dev/services/events"
	"devtrail.dev/services/events/insight"
)

// Which values a breakdown shows is known only when all of them were counted, and at most 500 are shown. What is counted is in memory, a quarter
// of a kilobyte a value besides its texts: maxKeys of them take some 50 MB, and no more than twice that however long they are, since a value counts
// once more for every longText bytes.
const (
	maxKeys  = 200_000
	longText = 128
)

// ranks has each key that a breakdown finds with what it is ranked by.
type ranks struct {
	byIdentity map[string]*insight.KeyTotal
	weight     int
}

func newRanks() *ranks { return &ranks{byIdentity: map[string]*insight.KeyTotal{}} }

// of returns the total of a key, which is to be added to. The error is ErrQuestionTooLarge when there are too many keys.
func (r *ranks) of(key insight.Key) (*insight.KeyTotal, error) {
	id := key.Identity()
	if t := r.byIdentity[id]; t != nil {
		return t, nil
	}
	r.weight += 1 + len(id)/longText
	if r.weight > maxKeys {
		return nil, events.ErrQuestionTooLarge.With("the breakdown finds more than %d values, or fewer long ones: narrow the question's range or its filters", maxKeys)
	}
	t := &insight.KeyTotal{Key: key}
	r.byIdentity[id] = t
	return t, nil
}

func (r *ranks) add(key insight.Key, n float64) error {
	t, err := r.of(key)
	if err != nil {
		return err
	}
	t.Total += n
	return nil
}

// count adds the events of an actor that may open a run by their keys.
func (r *ranks) count(p funnelPlan, s insight.Sequence) error {
	for _, row := range s.Rows {
		if !p.fold.Opens(row) {
			continue
		}
		key := insight.NewKey(row.Values...)
		if p.Breakdown.Scope == insight.DeveloperScope {
			key = insight.NewKey(s.Developer...)
		}
		if err := r.add(key, 1); err != nil {
			return err
		}
	}
	return nil
}

// found counts an actor with the key that its events give it: a value that only later steps have is ranked, too.
func (r *ranks) found(p funnelPlan, s insight.Sequence, key insight.Key) error {
	if err := r.count(p, s); err != nil {
		return err
	}
	return r.add(key, 0)
}

// evaluate computes a formula over what series gave each key.
func (r *ranks) evaluate(f insight.Formula) {
	for _, t := range r.byIdentity {
		t.Total = f.Value(t.Values)
	}
}

func (r *ranks) list() []insight.KeyTotal {
	list := make([]insight.KeyTotal, 0, len(r.byIdentity))
	for _, t := range r.byIdentity {
		list = append(list, *t)
	}
	return list
}

// rank returns the first keys by their totals.
func rank(totals []insight.KeyTotal, limit int) []insight.Key {
	slices.SortFunc(totals, func(a, b insight.KeyTotal) int { return cmp.Or(cmp.Compare(b.Total, a.Total), a.Key.Compare(b.Key)) })
	var keys []insight.Key
	for _, t := range totals[:min(limit, len(totals))] {
		keys = append(keys, t.Key)
	}
	return keys
}

// rowKey returns the key under which a key is shown: itself when it is kept, else other.
func rowKey(key insight.Key, kept []insight.Key) insight.Key {
	for _, k := range kept {
		if k.Compare(key) == 0 {
			return key
		}
	}
	if key.Kind == 0 {
		return key
	}
	return insight.Other
}
