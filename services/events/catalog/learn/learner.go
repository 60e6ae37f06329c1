package learn

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/google/uuid"

	"devtrail.dev/kit/fault"
	"devtrail.dev/kit/pause"
	"devtrail.dev/services/events"
	"devtrail.dev/services/events/catalog"
)

// How often the days of organizations that had events are looked at, and those of all; how much longer than the work of a look the pause after it is at
// least, which bounds the share of a processor that learning takes; and how many events are folded at once.
const (
	rest    = 20 * time.Second
	fully   = time.Hour
	idle    = 20
	atOnce  = 200_000
	settled = 2 // looks at an organization after its last event: what is accepted is stored a little later
)

// Learner keeps what is learned in step with the events. What it learned is compared with the events by their number per day, so that it does not matter
// when it was stopped, how, or how many others learn the same.
type Learner struct {
	store  catalog.Store
	logger *slog.Logger
	now    func() time.Time

	mu   sync.Mutex
	busy map[uuid.UUID]int // organizations that had events, with the looks that are left
}

// New returns a learner.
func New(store catalog.Store, logger *slog.Logger, now func() time.Time) *Learner {
	return &Learner{store: store, logger: logger, now: now, busy: make(map[uuid.UUID]int)}
}

// Hear notes that an organization has new events. It does not wait.
func (l *Learner) Hear(organization uuid.UUID) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.busy[organization] = settled
}

// Run learns until ctx ends. A store that is away is asked again later.
func (l *Learner) Run(ctx context.Context) error {
	var full time.Time
	for {
		begun, p := l.now(), newPace(l.now)
		all := begun.Sub(full) >= fully
		if err := l.look(ctx, all, p); err != nil && ctx.Err() == nil {
			l.logger.DebugContext(ctx, "definitions are learned later", "error", err)
		} else if all {
			full = begun
		}
		if pause.For(ctx, max(rest, idle*(l.now().Sub(begun)-p.rested))) != nil {
			return nil //nolint:nilerr // the end of ctx is the wished end
		}
	}
}

// look learns of all organizations, or of those that had events. One for which it fails holds up no other, unless the store is away.
func (l *Learner) look(ctx context.Context, all bool, p *pace) error {
	list := l.take()
	if all {
		var err error
		if list, err = l.store.Organizations(ctx); err != nil {
			return err
		}
	}
	var failures []error
	away := false
	for _, organization := range list {
		if !away {
			err := l.days(ctx, organization, p)
			if err == nil {
				continue
			}
			failures = append(failures, err)
			away = ctx.Err() != nil || errors.Is(err, fault.Unavailable)
		}
		l.Hear(organization) // again
	}
	return errors.Join(failures...)
}

// take returns the organizations that are to be looked at.
func (l *Learner) take() []uuid.UUID {
	l.mu.Lock()
	defer l.mu.Unlock()
	var list []uuid.UUID
	for organization := range l.busy {
		list = append(list, organization)
		if l.busy[organization]--; l.busy[organization] == 0 {
			delete(l.busy, organization)
		}
	}
	return list
}

// Learn learns the days of an organization whose number of events is not the one that was learned.
func (l *Learner) Learn(ctx context.Context, organization uuid.UUID) error {
	return l.days(ctx, organization, newPace(l.now))
}

func (l *Learner) days(ctx context.Context, organization uuid.UUID, p *pace) error {
	there, err := l.store.EventDays(ctx, organization)
	if err != nil {
		return err
	}
	known, err := l.store.LearnedDays(ctx, organization)
	if err != nil {
		return err
	}
	for _, span := range spans(there, known) {
		if err := l.learn(ctx, organization, span, p); err != nil {
			return err
		}
	}
	return nil
}

// span is days that are learned at once, the last included.
type span struct {
	first, last int32
	changed     map[int32]bool
}

// spans puts days that changed together, as long as their events are few.
func spans(there, known []catalog.DayCount) []span {
	counts := make(map[int32]int64)
	for _, d := range known {
		counts[d.Day] = d.Events
	}
	var list []span
	inSpan, gap := int64(0), false
	for _, d := range there {
		before := counts[d.Day]
		delete(counts, d.Day)
		if before == d.Events {
			gap = true
			continue
		}
		if len(list) == 0 || inSpan+d.Events > atOnce || gap { // what lies between would be read, too
			list, inSpan, gap = append(list, span{first: d.Day, changed: make(map[int32]bool)}), 0, false
		}
		s := &list[len(list)-1]
		s.last, s.changed[d.Day] = d.Day, true
		inSpan += d.Events
	}
	for day := range counts { // its events are gone
		list = append(list, span{first: day, last: day, changed: map[int32]bool{day: true}})
	}
	return list
}

func (l *Learner) learn(ctx context.Context, organization uuid.UUID, s span, p *pace) error {
	var fold Fold
	within := events.Range{Start: catalog.DayStart(s.first), End: catalog.DayStart(s.last + 1)}
	err := l.store.Occurrences(ctx, organization, within, func(o catalog.Occurrence) error {
		fold.Add(o)
		return p.step(ctx)
	})
	if err != nil {
		return err
	}
	days := fold.Days()
	for _, d := range days {
		delete(s.changed, d.Day)
	}
	for day := range s.changed {
		days = append(days, catalog.LearnedDay{DayCount: catalog.DayCount{Day: day}})
	}
	return l.store.Learn(ctx, organization, days)
}
