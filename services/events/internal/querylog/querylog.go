// Package querylog remembers what queries an instance of the service asks: those under way, and the slow ones that have ended, for engines that keep
// no such record themselves. It stands beside the stores.
package querylog

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"devtrail.dev/services/events"
)

// The bounds of the record: the newest queries of the organizations that asked last.
const (
	perOrganization = 256
	organizations   = 1024
)

// Log is the record. Its methods are safe for concurrent use.
type Log struct {
	least time.Duration
	now   func() time.Time

	mu      sync.Mutex
	running map[string]running
	ended   map[string][]events.Query // by organization, oldest first
	order   []string                  // of the organizations, in the order of their first query
	used    map[string]usages         // by organization
}

type running struct {
	query  events.Query
	cancel context.CancelCauseFunc
}

// New returns a record of the queries that take at least so long.
func New(least time.Duration, now func() time.Time) *Log {
	return &Log{least: least, now: now, running: make(map[string]running), ended: make(map[string][]events.Query), used: make(map[string]usages)}
}

// Begin notes a query under way. The context ends when the query is canceled, with events.ErrQuestionCanceled as its cause; end must be called once,
// with the query's error, and returns what the caller of the query is to get.
func (l *Log) Begin(ctx context.Context, tag events.Tag) (_ context.Context, end func(error) error) {
	ctx, cancel := context.WithCancelCause(ctx)
	q := events.Query{ID: uuid.NewString(), Tag: tag, StartedAt: l.now().UTC()}
	l.mu.Lock()
	l.running[q.ID] = running{query: q, cancel: cancel}
	l.mu.Unlock()
	return ctx, func(err error) error {
		if cause := context.Cause(ctx); err != nil && cause != nil {
			err = cause
		}
		cancel(nil)
		l.mu.Lock()
		delete(l.running, q.ID)
		l.mu.Unlock()
		l.Add(q, err)
		return err
	}
}

// Add notes a query that has ended now, with its error.
func (l *Log) Add(q events.Query, err error) {
	q.Elapsed = l.now().Sub(q.StartedAt)
	if err != nil {
		q.Failure = failure(err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if err == nil {
		l.use(q)
	}
	if q.Elapsed < l.least {
		return
	}
	of := q.Tag.Organization
	list, known := l.ended[of]
	if !known {
		l.order = append(l.order, of)
		if len(l.order) > organizations {
			delete(l.ended, l.order[0])
			l.order = slices.Delete(l.order, 0, 1)
		}
	}
	if len(list) == perOrganization {
		list = slices.Delete(list, 0, 1)
	}
	l.ended[of] = append(list, q)
}

// Running returns an organization's queries under way, the longest first.
func (l *Log) Running(organization uuid.UUID) []events.Query {
	l.mu.Lock()
	defer l.mu.Unlock()
	var list []events.Query
	for _, r := range l.running {
		if r.query.Tag.Organization == organization.String() {
			r.query.Elapsed = l.now().Sub(r.query.StartedAt)
			list = append(list, r.query)
		}
	}
	slices.SortFunc(list, slowest)
	return list
}

// Cancel ends the context of an organization's query, or returns events.ErrQueryNotFound.
func (l *Log) Cancel(organization uuid.UUID, id string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	r, there := l.running[id]
	if !there || r.query.Tag.Organization != organization.String() {
		return events.ErrQueryNotFound
	}
	r.cancel(events.ErrQuestionCanceled)
	return nil
}

// Slow returns an organization's queries that have ended, the slowest first.
func (l *Log) Slow(organization uuid.UUID, f events.SlowQueryFilter) []events.Query {
	l.mu.Lock()
	defer l.mu.Unlock()
	var list []events.Query
	for _, q := range l.ended[organization.String()] {
		if q.Elapsed >= f.Least && !q.StartedAt.Add(q.Elapsed).Before(f.Since) {
			list = append(list, q)
		}
	}
	slices.SortFunc(list, slowest)
	return list[:min(len(list), f.Limit)]
}

// slowest orders queries by how long they take, then by their ids.
func slowest(a, b events.Query) int {
	return cmp.Or(cmp.Compare(b.Elapsed, a.Elapsed), cmp.Compare(a.ID, b.ID))
}
