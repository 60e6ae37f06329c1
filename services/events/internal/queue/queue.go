// Package queue is the durable log between the intake and the stores: what is acknowledged stands in it until a store has it.
// It holds the nouns, the frame and its encoding, and the contract that every log keeps; internal/ingest appends to it and drains it.
package queue

import (
	"context"
	"iter"
	"slices"
	"time"

	"github.com/google/uuid"

	"devtrail.dev/kit/fault"
)

var (
	// ErrFull says that the log has used up its byte budget, or the disk its space. Nothing of the append was kept.
	ErrFull = fault.New(fault.Exhausted, "QUEUE_FULL", "the log of accepted events is full: they arrive faster than the database takes them")
	// ErrClosed is what a log answers after Close, and after a write that failed.
	ErrClosed = fault.New(fault.Unavailable, "QUEUE_CLOSED", "the log of accepted events is closed")
	// ErrUnavailable says that the broker that keeps the log cannot be reached. Nothing of the append was kept.
	ErrUnavailable = fault.New(fault.Unavailable, "QUEUE_UNAVAILABLE", "the broker that keeps the log of accepted events cannot be reached")
	// ErrElsewhere says that another process has the log, so it is that one which takes events in.
	ErrElsewhere = fault.New(fault.Unavailable, "QUEUE_ELSEWHERE", "another instance takes events in")
	// ErrOther says that a folder holds a log that another engine keeps. Nothing was changed in it.
	ErrOther = fault.New(fault.Invalid, "QUEUE_OTHER", "the folder holds a log that was kept by another engine")
	// ErrCorrupt says that bytes are not a frame, or not the frame that was written.
	ErrCorrupt = fault.New(fault.Internal, "FRAME_CORRUPT", "the frame is damaged")
)

// Position is the place of a frame in the log. Positions ascend in the order of appends, are above 0 and may have gaps between appends.
type Position uint64

// Entry is a frame to append, and the ids that are to be remembered with it.
type Entry struct {
	Frame        []byte // as Frame.Encode makes it; it must not change until the append is durable
	Received     time.Time
	Organization uuid.UUID
	IDs          []uuid.UUID // of the organization; none when nothing is to be remembered
}

// Record is a frame in the log.
type Record struct {
	Position Position
	Frame    []byte // encoded; the reader's own, or in its room
	// Made is what the process knows of a frame that it has just made itself, whose bytes need no checking. It is zero for one that was read.
	Made Made
}

// Made is what is known of a frame of events without reading it.
type Made struct {
	Events      int
	First, Last int64 // all of them occurred between, in microseconds since the Unix epoch
}

// Memory is what an append remembered.
type Memory struct {
	Hour         uint32
	Organization uuid.UUID
	IDs          []uuid.UUID
}

// Place copies a frame to the end of room, or to memory of its own when it does not fit. It returns the room with it and the copy.
func Place(room, frame []byte) (rest, placed []byte) {
	if cap(room)-len(room) < len(frame) {
		return room, slices.Clone(frame)
	}
	room = append(room, frame...)
	return room, room[len(room)-len(frame) : len(room) : len(room)]
}

// Pending is an append on its way to the disk.
type Pending interface {
	// First is the position of the append's first entry; the others follow without gaps.
	First() Position
	// Wait must return nil only when all entries of the append are durable together with what they remember. On an error nobody may be told that they are kept.
	Wait() error
}

// Stats is what waits in the log.
type Stats struct {
	Bytes  int64 // of frames
	Frames int64
	Oldest time.Time // when the oldest was received; zero when nothing waits
}

// Queue is a durable log of frames. Append is called by one goroutine at a time; all other methods must be safe for concurrent use.
//
// A log may be shared by processes, of which one has it at a time; the others wait for their turn. Who lost it cannot append, commit or cut any more.
type Queue interface {
	// Await returns nil when this process has the log, and what others left in it is known: at once for a log of its own. Before that only Ready and
	// Close may be called.
	Await(ctx context.Context) error
	// Ready is nil while appends are taken. Otherwise it says why not: ErrElsewhere, ErrUnavailable, ErrClosed. It must be cheap.
	Ready() error
	// Confirm returns nil when this process has the log at this moment, which of a shared one the others are asked for. Otherwise the error is as that of Ready.
	Confirm(ctx context.Context) error
	// Append begins to write entries as one atomic group: after a crash either all of them are there or none. Hour counts from the Unix epoch and
	// is the bucket in which their ids are remembered. The error is ErrFull when the budget is used up, ErrUnavailable
	// when there is no broker, ErrClosed after Close.
	Append(ctx context.Context, hour uint32, entries []Entry) (Pending, error)
	// Read returns records after one position up to another, inclusive, ascending: at least one when there is one, and then as many as fit into
	// bytes. The caller passes a bound below which everything is durable, and room for frames: as long as they fit they are copied behind what room holds.
	// The room may be nil, and may be given to another Read when the records are not needed any more.
	Read(ctx context.Context, after, upTo Position, bytes int, room []byte) ([]Record, error)
	// Commit forgets all frames up to a position, inclusive: a store has them. A crash may undo it, so reading them again must be harmless.
	Commit(ctx context.Context, upTo Position) error
	// SetCuts keeps the bounds of the blocks that are being stored, in place of those that it kept before: they must be durable when it returns. A block is
	// sent only after that, so that after a crash the same events are sent under the same name again. Few are kept at a time.
	SetCuts(ctx context.Context, cuts []Cut) error
	// Cuts returns what SetCuts was given last, none before the first time. Those up to Committed are of no interest any more.
	Cuts(ctx context.Context) ([]Cut, error)
	// Last is the highest position that was ever given, 0 for none; Committed is the highest that was committed.
	Last() Position
	Committed() Position
	// Remembered yields what appends remembered since an hour, oldest first. It is read before the first append.
	Remembered(ctx context.Context, since uint32) iter.Seq2[Memory, error]
	// Forget drops what was remembered before an hour.
	Forget(ctx context.Context, before uint32) error
	// Stats must be cheap.
	Stats() Stats
	// Close waits for appends on their way. Calling it again must change nothing.
	Close() error
}
