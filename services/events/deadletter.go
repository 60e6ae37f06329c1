package events

import (
	"context"
	"time"

	"github.com/google/uuid"

	"devtrail.dev/kit/fault"
)

// ErrDeadLetterNotFound says that the organization has no such dead letter.
var ErrDeadLetterNotFound = fault.New(fault.NotFound, "DEAD_LETTER_NOT_FOUND", "dead letter not found")

// DeadLetter is an event that was accepted and that the store refuses for good, with its bytes, so that it can be looked at, repaired and sent again.
type DeadLetter struct {
	ID         uuid.UUID // that of the event; of bytes that are not an event, one made from them
	Name       string    // of the event; empty when the bytes are not an event
	ReceivedAt time.Time // UTC, whole microseconds
	FailedAt   time.Time // UTC, whole microseconds
	Reason     string    // upper snake case, for programs
	Message    string    // why, for people
	Payload    []byte    // the event as the log holds it
}

// DeadLetterPosition is a place in the order of dead letters: newest first by (FailedAt, ID), the ids byte by byte.
type DeadLetterPosition struct {
	FailedAt time.Time
	ID       uuid.UUID
}

// DeadLetters is the part of a Store that keeps what it refuses. The law of the Store holds for it.
type DeadLetters interface {
	// AddDeadLetters must keep each letter; of one that is there by its id the new one must replace it.
	AddDeadLetters(ctx context.Context, organization uuid.UUID, letters []DeadLetter) error
	// ListDeadLetters must return letters newest first, after a place when one is given, at most limit of them.
	ListDeadLetters(ctx context.Context, organization uuid.UUID, after *DeadLetterPosition, limit int) ([]DeadLetter, error)
	// DeadLetter must return a letter by its id, or ErrDeadLetterNotFound.
	DeadLetter(ctx context.Context, organization, id uuid.UUID) (DeadLetter, error)
	// RemoveDeadLetter must forget a letter; one that is not there changes nothing.
	RemoveDeadLetter(ctx context.Context, organization, id uuid.UUID) error
}
