package people

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"slices"
	"time"

	"github.com/google/uuid"

	"devtrail.dev/kit/fault"
	"devtrail.dev/kit/pause"
	identityv1 "devtrail.dev/proto/gen/devtrail/identity/v1"
	"devtrail.dev/services/events"
)

// Waiting times of the follower. The identity service breaks the silence every second.
const (
	firstRetry = 50 * time.Millisecond
	lastRetry  = time.Second
	silence    = 5 * time.Second
)

// errSilent ends a stream whose other side is gone without a word.
var errSilent = errors.New("the identity service is silent")

// Follower applies the changes of identities to the store and the directory, from where it stopped, for as long as it runs.
type Follower struct {
	directory *Directory
	logger    *slog.Logger
	store     events.Store
	changed   func()
	heard     int64 // what this process has heard of; -1: it has not begun
	join      JoinFunc
}

// JoinFunc looks at developers between whom identities moved: one may have been merged into the other, or that be undone. Looking again must change nothing.
type JoinFunc func(ctx context.Context, organization uuid.UUID, developers []uuid.UUID) error

// NewFollower returns a follower that keeps directory and its store current, and has join look at those between whom identities move.
func NewFollower(directory *Directory, join JoinFunc, logger *slog.Logger) *Follower {
	return &Follower{directory: directory, join: join, logger: logger, store: directory.store, changed: func() {}, heard: -1}
}

// Notify has a function called whenever identities were reassigned in the store. It is called before Run; the function must not wait.
func (f *Follower) Notify(changed func()) { f.changed = changed }

// Run follows until ctx ends and returns nil then. While the identity service or the store is away it tries again, at least once a second.
func (f *Follower) Run(ctx context.Context) error {
	retry, said := firstRetry, ""
	for {
		applied, err := f.follow(ctx)
		if ctx.Err() != nil {
			return nil //nolint:nilerr // the end of ctx is the wished end
		}
		if applied {
			retry, said = firstRetry, ""
		}
		if text := err.Error(); text != said { // once for each reason, not once for each attempt
			f.logger.WarnContext(ctx, "changes of identities are not followed", "error", text)
			said = text
		}
		if pause.For(ctx, retry) != nil {
			return nil //nolint:nilerr // the end of ctx is the wished end
		}
		retry = min(2*retry, lastRetry)
	}
}

// follow watches one stream to its end and tells whether anything came over it. It begins where this process has heard the last of it: what others have brought
// into the store meanwhile changes nothing there, but whom the directory remembers. A store that knows less, since it comes from a backup, is told again.
func (f *Follower) follow(ctx context.Context) (applied bool, err error) {
	stored, err := f.store.Sequence(ctx)
	if err != nil {
		return false, err
	}
	// What others have applied since somebody was met, up to here, is never heard; and a store that knows less has lost notes of nobodies.
	if f.heard < 0 || stored < f.heard {
		f.directory.forget()
		f.heard = stored
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	watchdog := time.AfterFunc(silence, func() { cancel(errSilent) })
	defer watchdog.Stop()
	stream, err := f.directory.client.WatchIdentities(ctx, &identityv1.WatchIdentitiesRequest{AfterSequence: f.heard})
	if err != nil {
		return false, err
	}
	for {
		message, err := stream.Recv()
		if cause := context.Cause(ctx); cause != nil {
			return applied, cause
		}
		if err != nil {
			return applied, err
		}
		watchdog.Stop()
		if err := f.apply(ctx, message, stored); err != nil {
			return applied, err
		}
		stored, f.heard, applied = max(stored, message.GetSequence()), max(f.heard, message.GetSequence()), true
		watchdog.Reset(silence)
	}
}

// apply brings a message's changes into the store before it remembers that it did, unless it has done so: dying in between repeats them, which changes nothing.
func (f *Follower) apply(ctx context.Context, message *identityv1.WatchIdentitiesResponse, stored int64) error {
	changes, err := changesFromProto(message.GetChanges())
	if err != nil {
		return err
	}
	for organization, list := range changes {
		if err := f.store.Reassign(ctx, organization, list); err != nil {
			return err
		}
		f.directory.reassigned(organization, list)
		if touched := touchedBy(list); len(touched) > 0 {
			err := f.join(ctx, organization, touched)
			if fault.KindOf(err).Passing() {
				return err
			}
			if err != nil { // it would be so the next time, and nothing else would be followed any more
				f.logger.ErrorContext(ctx, "properties of merged developers are not joined", "error", err, "organization", organization)
			}
		}
	}
	if len(changes) > 0 {
		f.changed()
	}
	if message.GetSequence() <= stored {
		return nil
	}
	return f.store.SetSequence(ctx, message.GetSequence())
}

// touchedBy lists, each once, the developers between whom identities moved.
func touchedBy(list []events.Reassignment) []uuid.UUID {
	var touched []uuid.UUID
	for _, c := range list {
		if c.Previous != nil && *c.Previous != uuid.Nil && *c.Previous != c.DeveloperID {
			touched = append(touched, *c.Previous, c.DeveloperID)
		}
	}
	slices.SortFunc(touched, func(a, b uuid.UUID) int { return bytes.Compare(a[:], b[:]) })
	return slices.Compact(touched)
}
