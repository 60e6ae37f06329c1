// Package turns shares what the database can do at once among organizations: each has so many questions under way, the others wait for their turn,
// and turns are given to the organizations one after the other, so that none starves another however much it asks.
// It stands between the door and the desk: a call takes its turn when the caller is known.
package turns

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"devtrail.dev/kit/fault"
)

// ErrBusy says that a call did not get its turn in time. Calling again later is right.
var ErrBusy = fault.New(fault.Exhausted, "TOO_MANY_QUERIES", "too many questions are under way")

// ErrNotRead says that who asked did not take the answer, which others wait behind. Asking again, and reading, is right.
var ErrNotRead = fault.New(fault.Exhausted, "ANSWER_NOT_READ", "the answer was not read in time")

// Limits say how many questions may be under way.
type Limits struct {
	// Total of all organizations. The store has connections for as many.
	Total int `env:"TOTAL" envDefault:"16"`
	// Each organization.
	Each int `env:"PER_ORGANIZATION" envDefault:"8"`
	// Wait is how long a call waits for its turn.
	Wait time.Duration `env:"WAIT" envDefault:"30s"`
	// Read is how long a message of an answer waits for who asked to take it.
	Read time.Duration `env:"READ" envDefault:"30s"`
}

// mostTotal is more than any database answers at once.
const mostTotal = 10_000

// Validate names what is out of range.
func (l Limits) Validate() error {
	switch {
	case l.Total > mostTotal:
		return fmt.Errorf("EVENTS_QUESTIONS_TOTAL %d is more than %d: every question holds a connection to the database", l.Total, mostTotal)
	case l.Total < 1 || l.Each < 1:
		return errors.New("EVENTS_QUESTIONS_TOTAL and EVENTS_QUESTIONS_PER_ORGANIZATION are 1 or more")
	case l.Wait <= 0:
		return errors.New("EVENTS_QUESTIONS_WAIT is more than 0, like 30s")
	case l.Read <= 0:
		return errors.New("EVENTS_QUESTIONS_READ is more than 0, like 30s")
	}
	return nil
}

// busyRetry is when those who waited in vain may come again.
const busyRetry = 5 * time.Second

// Turns gives turns. Its methods are safe for concurrent use.
type Turns struct {
	limits Limits
	state  chan *state // holds the one state, so that a lock is a receive
}

// state is who has a turn and who waits.
type state struct {
	running map[uuid.UUID]int
	all     int
	waiting map[uuid.UUID][]*waiter
	ring    []uuid.UUID // organizations with waiters, in the order of their next turn
}

// waiter waits for a turn; granted is closed when it has one.
type waiter struct{ granted chan struct{} }

// New returns Turns with limits of at least 1.
func New(limits Limits) *Turns {
	t := &Turns{limits: limits, state: make(chan *state, 1)}
	t.state <- &state{running: make(map[uuid.UUID]int), waiting: make(map[uuid.UUID][]*waiter)}
	return t
}

// Take waits for a turn of the organization and returns what gives it back, which must be called once. The error is ErrBusy after the wait, or the context's.
func (t *Turns) Take(ctx context.Context, organization uuid.UUID) (release func(), err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	w := &waiter{granted: make(chan struct{})}
	s := <-t.state
	s.enter(organization, w)
	s.grant(t.limits)
	t.state <- s

	timer := time.NewTimer(t.limits.Wait)
	defer timer.Stop()
	select {
	case <-w.granted:
		return func() { t.release(organization) }, nil
	case <-timer.C:
		err = ErrBusy.With("the question waited %s for its turn: %d of an organization and %d of all are answered at once",
			t.limits.Wait, t.limits.Each, t.limits.Total).RetryAfter(busyRetry)
	case <-ctx.Done():
		err = ctx.Err()
	}
	s = <-t.state
	left := s.leave(organization, w)
	t.state <- s
	if !left { // it was granted meanwhile
		t.release(organization)
	}
	return nil, err
}

func (t *Turns) release(organization uuid.UUID) {
	s := <-t.state
	s.all--
	if s.running[organization]--; s.running[organization] == 0 {
		delete(s.running, organization)
	}
	s.grant(t.limits)
	t.state <- s
}

func (s *state) enter(organization uuid.UUID, w *waiter) {
	if len(s.waiting[organization]) == 0 {
		s.ring = append(s.ring, organization)
	}
	s.waiting[organization] = append(s.waiting[organization], w)
}

// leave takes a waiter out and says whether it still waited.
func (s *state) leave(organization uuid.UUID, w *waiter) bool {
	for i, other := range s.waiting[organization] {
		if other == w {
			s.drop(organization, i)
			return true
		}
	}
	return false
}

// drop takes out the waiter at a place of an organization, and the organization when it was the last.
func (s *state) drop(organization uuid.UUID, i int) {
	list := s.waiting[organization]
	list = append(list[:i:i], list[i+1:]...)
	if len(list) > 0 {
		s.waiting[organization] = list
		return
	}
	delete(s.waiting, organization)
	for at, other := range s.ring {
		if other == organization {
			s.ring = append(s.ring[:at:at], s.ring[at+1:]...)
			return
		}
	}
}

// grant gives turns while there are any: to the first organization of the ring that may have one more, which then goes to the end of the ring.
func (s *state) grant(limits Limits) {
	for s.all < limits.Total {
		at := -1
		for i, organization := range s.ring {
			if s.running[organization] < limits.Each {
				at = i
				break
			}
		}
		if at < 0 {
			return
		}
		organization := s.ring[at]
		w := s.waiting[organization][0]
		s.drop(organization, 0)
		if len(s.waiting[organization]) > 0 {
			s.ring = append(append(s.ring[:at:at], s.ring[at+1:]...), organization)
		}
		s.running[organization]++
		s.all++
		close(w.granted)
	}
}
