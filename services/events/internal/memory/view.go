package memory

import (
	"context"
	"slices"

	"github.com/google/uuid"

	"devtrail.dev/services/events"
	"devtrail.dev/services/events/insight"
)

// view is what an organization has at the moment of a question.
type view struct {
	events     []seen // in order
	developers map[uuid.UUID]insight.Properties
	performed  map[*insight.Performed]map[uuid.UUID]int64 // how often each developer did it, once it was asked for
}

// seen is an event as a question sees it: with its current developer.
type seen struct {
	events.Event
	own       insight.Properties
	developer insight.Properties // nil when the event is nobody's
}

// look takes a view.
func (s *Store) look(ctx context.Context, id uuid.UUID) (*view, error) {
	list, err := s.matching(ctx, id, events.AllTime, events.Filter{})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(list, events.Event.Compare)
	v := &view{developers: s.developers(id), performed: make(map[*insight.Performed]map[uuid.UUID]int64)}
	for _, e := range list {
		v.events = append(v.events, seen{Event: e, own: insight.ParseProperties(e.Properties), developer: v.developers[e.DeveloperID]})
	}
	return v, nil
}

// developers returns the properties of all developers that have some.
func (s *Store) developers(id uuid.UUID) map[uuid.UUID]insight.Properties {
	s.mu.RLock()
	defer s.mu.RUnlock()
	all := make(map[uuid.UUID]insight.Properties)
	if org := s.organizations[id]; org != nil {
		for developer, p := range org.properties {
			all[developer] = insight.ParseProperties(p.Properties)
		}
	}
	return all
}

// SetDeveloperProperties keeps those of the highest revision.
func (s *Store) SetDeveloperProperties(ctx context.Context, id uuid.UUID, list []insight.DeveloperProperties) error {
	unlock, err := s.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	org := s.organization(id)
	for _, p := range list {
		if known, there := org.properties[p.DeveloperID]; !there || p.Revision > known.Revision {
			org.properties[p.DeveloperID] = p
		}
	}
	return nil
}

// Earliest returns the place of the first event.
func (s *Store) Earliest(ctx context.Context, id uuid.UUID) (first events.Position, ok bool, err error) {
	v, err := s.look(ctx, id)
	if err != nil || len(v.events) == 0 {
		return events.Position{}, false, err
	}
	return events.Position{OccurredAt: v.events[0].OccurredAt, ID: v.events[0].ID}, true, nil
}

// actors returns whom an event counts for. Nobody's event has none.
func actors(e seen, by insight.Unit) []string {
	var list []string
	switch by {
	case insight.Developers:
		if e.DeveloperID != uuid.Nil {
			list = append(list, e.DeveloperID.String())
		}
	case insight.Machines:
		if e.Source.Machine != "" {
			list = append(list, e.Source.Machine)
		}
	case insight.Projects:
		if e.Project != "" {
			list = append(list, e.Project)
		}
	case insight.Packages:
		for _, row := range e.PackageRows() {
			if row.Leading {
				list = append(list, row.Package)
			}
		}
	}
	return list
}

// byActor gives each actor its events, in order.
func byActor(list []seen, by insight.Unit) map[string][]seen {
	all := make(map[string][]seen)
	for _, e := range list {
		for _, actor := range actors(e, by) {
			all[actor] = append(all[actor], e)
		}
	}
	return all
}

// page orders actors and cuts a page out.
func page(all map[string]bool, p insight.ActorPage) []string {
	var list []string
	for actor, in := range all {
		if in && actor > p.After {
			list = append(list, actor)
		}
	}
	slices.Sort(list)
	return list[:min(p.Limit, len(list))]
}
