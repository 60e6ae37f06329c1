package memory

import (
	"context"
	"slices"

	"github.com/google/uuid"

	"devtrail.dev/services/events"
	"devtrail.dev/services/events/catalog"
	"devtrail.dev/services/events/insight"
)

var _ catalog.Store = (*Store)(nil)

// itemKey names an item within its organization.
type itemKey struct {
	kind catalog.Kind
	id   uuid.UUID
}

// Item looks an item up.
func (s *Store) Item(ctx context.Context, organization uuid.UUID, kind catalog.Kind, id uuid.UUID) (catalog.Item, error) {
	unlock, err := s.lock(ctx)
	if err != nil {
		return catalog.Item{}, err
	}
	defer unlock()
	item, there := s.organization(organization).items[itemKey{kind, id}]
	if !there || item.Gone {
		return catalog.Item{}, catalog.ErrItemNotFound
	}
	return item, nil
}

// Items sorts all items of a kind and cuts them.
func (s *Store) Items(ctx context.Context, organization uuid.UUID, kind catalog.Kind, after catalog.Place, limit int) ([]catalog.Item, error) {
	all, err := s.items(ctx, organization, kind)
	if err != nil {
		return nil, err
	}
	var list []catalog.Item
	for _, item := range all {
		if item.Place().Compare(after) > 0 && len(list) < limit {
			list = append(list, item)
		}
	}
	return list, nil
}

// Heads lists kind by kind.
func (s *Store) Heads(ctx context.Context, organization uuid.UUID, kinds ...catalog.Kind) ([]catalog.Item, error) {
	var list []catalog.Item
	for _, kind := range slices.Sorted(slices.Values(kinds)) {
		items, err := s.items(ctx, organization, kind)
		if err != nil {
			return nil, err
		}
		for _, item := range items {
			item.Description, item.Body = "", nil
			list = append(list, item)
		}
	}
	return list, nil
}

func (s *Store) items(ctx context.Context, organization uuid.UUID, kind catalog.Kind) ([]catalog.Item, error) {
	unlock, err := s.lock(ctx)
	if err != nil {
		return nil, err
	}
	defer unlock()
	var list []catalog.Item
	for key, item := range s.organization(organization).items {
		if key.kind == kind && !item.Gone {
			list = append(list, item)
		}
	}
	slices.SortFunc(list, func(a, b catalog.Item) int { return a.Place().Compare(b.Place()) })
	return list, nil
}

// PutItem compares the revisions and swaps.
func (s *Store) PutItem(ctx context.Context, organization uuid.UUID, item catalog.Item) error {
	unlock, err := s.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	org, key := s.organization(organization), itemKey{item.Kind, item.ID}
	known := org.items[key]
	if known.Gone || known.Revision != item.Revision-1 {
		return catalog.ErrItemChanged
	}
	if item.Revision > 1 {
		item.CreatedAt = known.CreatedAt
	}
	org.items[key] = item
	return nil
}

// Organizations lists those that have events.
func (s *Store) Organizations(ctx context.Context) ([]uuid.UUID, error) {
	unlock, err := s.lock(ctx)
	if err != nil {
		return nil, err
	}
	defer unlock()
	var list []uuid.UUID
	for id, org := range s.organizations {
		if len(org.events) > 0 {
			list = append(list, id)
		}
	}
	return list, nil
}

// EventDays counts all events.
func (s *Store) EventDays(ctx context.Context, organization uuid.UUID) ([]catalog.DayCount, error) {
	list, err := s.matching(ctx, organization, events.AllTime, events.Filter{})
	if err != nil {
		return nil, err
	}
	counts := make(map[int32]int64)
	for _, e := range list {
		counts[catalog.DayOf(e.OccurredAt)]++
	}
	return dayCounts(counts), nil
}

func dayCounts(counts map[int32]int64) []catalog.DayCount {
	var days []catalog.DayCount
	for day, n := range counts {
		if n > 0 {
			days = append(days, catalog.DayCount{Day: day, Events: n})
		}
	}
	slices.SortFunc(days, func(a, b catalog.DayCount) int { return int(a.Day) - int(b.Day) })
	return days
}

// Occurrences hands over the events of the range.
func (s *Store) Occurrences(ctx context.Context, organization uuid.UUID, r events.Range, yield func(catalog.Occurrence) error) error {
	list, err := s.matching(ctx, organization, r, events.Filter{})
	if err != nil {
		return err
	}
	for _, e := range list {
		if err := yield(catalog.Occurrence{Name: e.Name, At: e.OccurredAt, ID: e.ID, Properties: e.Properties}); err != nil {
			return err
		}
	}
	return nil
}

// LearnedDays counts what was learned.
func (s *Store) LearnedDays(ctx context.Context, organization uuid.UUID) ([]catalog.DayCount, error) {
	unlock, err := s.lock(ctx)
	if err != nil {
		return nil, err
	}
	defer unlock()
	counts := make(map[int32]int64)
	for day, learned := range s.organization(organization).learned {
		counts[day] = learned.Events
	}
	return dayCounts(counts), nil
}

// Learn replaces days.
func (s *Store) Learn(ctx context.Context, organization uuid.UUID, days []catalog.LearnedDay) error {
	unlock, err := s.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	org := s.organization(organization)
	for _, d := range days {
		org.learned[d.Day] = d
	}
	return nil
}

// Learned sums the days up.
func (s *Store) Learned(ctx context.Context, organization uuid.UUID) ([]catalog.Learned, error) {
	unlock, err := s.lock(ctx)
	if err != nil {
		return nil, err
	}
	defer unlock()
	type row struct {
		name, key string
		kind      catalog.Type
	}
	sums := make(map[row]catalog.Learned)
	for _, d := range s.organization(organization).learned {
		for _, l := range d.Rows {
			k := row{l.Name, l.Key, l.Type}
			if known, there := sums[k]; there {
				l = known.Plus(l)
			}
			sums[k] = l
		}
	}
	var list []catalog.Learned
	for _, l := range sums {
		list = append(list, l)
	}
	slices.SortFunc(list, catalog.Learned.Compare)
	return list, nil
}

// CohortMembers asks of each known developer.
func (s *Store) CohortMembers(ctx context.Context, organization uuid.UUID, c *insight.Cohort, p insight.ActorPage) ([]string, error) {
	v, err := s.look(ctx, organization)
	if err != nil {
		return nil, err
	}
	members := make(map[string]bool)
	ask := func(developer uuid.UUID) { members[developer.String()] = v.member(developer, c) }
	for _, e := range v.events {
		ask(e.DeveloperID)
	}
	for developer, properties := range v.developers {
		if len(properties) > 0 {
			ask(developer)
		}
	}
	return page(members, p), nil
}
