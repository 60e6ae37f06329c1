package jetstream

import (
	"context"
	"encoding/json"
	"errors"
	"sync"

	"github.com/google/uuid"
	"github.com/nats-io/nats.go/jetstream"

	"devtrail.dev/kit/pause"
	"devtrail.dev/services/events/internal/queue"
)

// record is what the instances share about the log.
type record struct {
	Writer    uuid.UUID      `json:"writer"` // who has the log; zero when nobody has
	Instance  string         `json:"instance"`
	Beat      uint64         `json:"beat"` // ascends with each change, so that a renewal is one
	Committed queue.Position `json:"committed"`
	Cuts      []byte         `json:"cuts,omitempty"`
}

// stateKey is where the record stands in its bucket.
const stateKey = "state"

// polls is how often a waiting instance looks in the time of a lease.
const polls = 5

// state is the record of the log. Its owner changes it by compare-and-set, so that whoever lost the log finds it out with the next change.
type state struct {
	log *Log

	mu       sync.Mutex
	kv       jetstream.KeyValue
	record   record // as the owner wants it
	revision uint64
}

// errLost says that another instance has the log.
var errLost = errors.New("another instance took over the log of accepted events")

// acquire waits until the log is free, its owner silent for a lease, or an earlier life of this instance, and takes it.
func (s *state) acquire(ctx context.Context) error {
	kv, err := s.log.js.CreateOrUpdateKeyValue(ctx, jetstream.KeyValueConfig{
		Bucket: s.log.options.Stream + "_STATE", Description: "who has the log of accepted events", Replicas: s.log.options.Replicas,
	})
	if err != nil {
		return err
	}
	silent, seen := 0, uint64(0)
	for {
		var current record
		var revision uint64
		entry, err := kv.Get(ctx, stateKey)
		switch {
		case errors.Is(err, jetstream.ErrKeyNotFound):
		case err != nil:
			return err
		default:
			revision = entry.Revision()
			if err := json.Unmarshal(entry.Value(), &current); err != nil {
				return queue.ErrCorrupt.With("the record of the log's owner").Wrap(err)
			}
		}
		if revision != seen {
			silent, seen = 0, revision
		}
		if current.Writer == uuid.Nil || current.Writer == s.log.writer || current.Instance == s.log.options.Instance || silent > polls {
			current.Writer, current.Instance = s.log.writer, s.log.options.Instance
			current.Beat++
			revision, err = kv.Update(ctx, stateKey, encodeRecord(current), revision)
			if err == nil {
				s.take(kv, current, revision)
				return nil
			}
			if !conflict(err) {
				return err
			}
			silent = 0
			continue
		}
		silent++
		s.log.yield(current.Instance)
		if pause.For(ctx, s.log.options.Lease/polls) != nil {
			return ctx.Err()
		}
	}
}

// take notes that the record is ours. Only this is locked: whoever waits for its turn may wait for long, and is closed meanwhile.
func (s *state) take(kv jetstream.KeyValue, current record, revision uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.kv, s.record, s.revision = kv, current, revision
}

// committed is how far the log was committed.
func (s *state) committed() queue.Position {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.record.Committed
}

// reach is the last sequence that the record knows of.
func (s *state) reach() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	last := s.record.Committed
	cuts, _ := queue.DecodeCuts(s.record.Cuts) // who asks for them is told
	for _, c := range cuts {
		last = max(last, c.UpTo)
	}
	return sequenceOf(last)
}

// change changes the record. The error is ErrUnavailable when the broker is away, errLost when the log is another's.
func (s *state) change(ctx context.Context, edit func(*record)) error {
	ctx, cancel := context.WithTimeout(ctx, s.log.options.patience)
	defer cancel()
	s.mu.Lock()
	defer s.mu.Unlock()
	next := s.record
	edit(&next)
	for {
		next.Beat++
		revision, err := s.kv.Update(ctx, stateKey, encodeRecord(next), s.revision)
		if err == nil {
			s.record, s.revision = next, revision
			return nil
		}
		if !conflict(err) {
			return asFault(err)
		}
		// Either an earlier change was made and its answer lost, or the log is another's.
		entry, err := s.kv.Get(ctx, stateKey)
		if err != nil {
			return asFault(err)
		}
		var current record
		if err := json.Unmarshal(entry.Value(), &current); err != nil || current.Writer != s.log.writer {
			return errLost
		}
		if entry.Revision() == s.revision && pause.For(ctx, firstPause) != nil { // a broker that lags behind answered
			return asFault(ctx.Err())
		}
		s.revision = entry.Revision()
		next.Beat = current.Beat
	}
}

// release lets another instance have the log at once.
func (s *state) release(ctx context.Context) error {
	s.mu.Lock()
	mine := s.record.Writer == s.log.writer
	s.mu.Unlock()
	if !mine {
		return nil
	}
	err := s.change(ctx, func(r *record) { r.Writer = uuid.Nil })
	if errors.Is(err, errLost) {
		return nil
	}
	return err
}

func encodeRecord(r record) []byte {
	encoded, _ := json.Marshal(r) // of plain fields alone
	return encoded
}

// conflict tells whether a compare-and-set was refused because something else is there. With one broker and with several the codes differ.
func conflict(err error) bool {
	var refused *jetstream.APIError
	return errors.As(err, &refused) &&
		(refused.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequence || refused.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequenceConstant)
}
