// Package recall remembers for a moment what a store must know of an organization before it can answer a question: which properties are promoted, whether
// reassignments are pending. It stands between a question and the statement that would ask for it.
package recall

import (
	"context"
	"sync"
	"time"

	"github.com/google/uuid"
)

// organizations is of how many something is remembered.
const organizations = 10_000

// Recall remembers a T of each organization. What another instance changes is known when the age has passed. It is safe for concurrent use.
type Recall[T any] struct {
	now func() time.Time
	age time.Duration

	mu    sync.Mutex // guards what follows
	known map[uuid.UUID]recalled[T]
	turn  uint64 // counts what was forgotten
}

type recalled[T any] struct {
	at    time.Time
	value T
}

// New returns one that knows nothing yet and believes what it knows until it has that age.
func New[T any](now func() time.Time, age time.Duration) *Recall[T] {
	return &Recall[T]{now: now, age: age, known: make(map[uuid.UUID]recalled[T])}
}

// Of returns what is known of an organization. Read asks for it; it is called when it is not remembered, and its error is returned.
func (r *Recall[T]) Of(ctx context.Context, organization uuid.UUID, read func(ctx context.Context) (T, error)) (T, error) {
	now := r.now()
	known, there, turn := r.last(organization)
	if there && r.fresh(known.at, now) {
		return known.value, nil
	}
	value, err := read(ctx)
	if err != nil {
		return value, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.known) >= organizations {
		clear(r.known)
	}
	if turn == r.turn { // else what was read may be what was to be forgotten
		r.known[organization] = recalled[T]{at: now, value: value}
	}
	return value, nil
}

// last returns what was read last, and the turn.
func (r *Recall[T]) last(organization uuid.UUID) (known recalled[T], there bool, turn uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	known, there = r.known[organization]
	return known, there, r.turn
}

// fresh tells whether what was read at a time may be believed now.
func (r *Recall[T]) fresh(at, now time.Time) bool {
	age := now.Sub(at)
	return age >= 0 && age < r.age
}

// Forget has it read anew.
func (r *Recall[T]) Forget(organization uuid.UUID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.turn++
	delete(r.known, organization)
}
