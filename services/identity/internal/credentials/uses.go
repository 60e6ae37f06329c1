package credentials

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"devtrail.dev/services/identity"
	"devtrail.dev/services/identity/internal/postgres"
)

const (
	// usesInterval is how often noted uses are written.
	usesInterval = 5 * time.Second
	// usesTimeout bounds one write, the last one at a stop included.
	usesTimeout = 2 * time.Second
)

// Uses notes when keys were used and writes it off the request's path, at most once a minute for a key.
type Uses struct {
	touch  func(context.Context, []postgres.Use) error
	logger *slog.Logger

	mu      sync.Mutex
	pending map[uuid.UUID]postgres.Use
	// written has the minute that was written last, so that a busy key costs nothing more within it.
	written map[uuid.UUID]time.Time
}

// NewUses returns uses that touch writes; Run must be called for that.
func NewUses(touch func(context.Context, []postgres.Use) error, logger *slog.Logger) *Uses {
	return &Uses{
		touch:   touch,
		logger:  logger,
		pending: make(map[uuid.UUID]postgres.Use),
		written: make(map[uuid.UUID]time.Time),
	}
}

// Note remembers that a key was used. It never waits for the database.
func (u *Uses) Note(credential identity.Credential, at time.Time) {
	minute := at.UTC().Truncate(time.Minute)
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.written[credential.ID].Before(minute) {
		u.pending[credential.ID] = postgres.Use{OrganizationID: credential.OrganizationID, ID: credential.ID, At: minute}
	}
}

// Run writes what was noted every five seconds, and once more when ctx ends; then it returns nil.
func (u *Uses) Run(ctx context.Context) error {
	ticker := time.NewTicker(usesInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			u.write(context.WithoutCancel(ctx))
			return nil
		case <-ticker.C:
			u.write(ctx)
		}
	}
}

// write writes the pending uses; those it cannot write stay for the next time.
func (u *Uses) write(ctx context.Context) {
	pending := u.take()
	if len(pending) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, usesTimeout)
	defer cancel()
	err := u.touch(ctx, slices.Collect(maps.Values(pending)))
	if err == nil {
		return
	}
	u.logger.WarnContext(ctx, "last use of keys is not written yet", "keys", len(pending), "error", err.Error())
	u.mu.Lock()
	defer u.mu.Unlock()
	maps.Copy(pending, u.pending)
	u.pending = pending
	for id := range pending {
		delete(u.written, id)
	}
}

// take returns what is to be written and counts it as written at once: a use in the same minute must not be noted again while the write is on its way.
func (u *Uses) take() map[uuid.UUID]postgres.Use {
	u.mu.Lock()
	defer u.mu.Unlock()
	pending := u.pending
	u.pending = make(map[uuid.UUID]postgres.Use)
	newest := time.Time{}
	for _, use := range pending {
		newest = latest(newest, use.At)
	}
	// A minute that has passed is not asked for again.
	maps.DeleteFunc(u.written, func(_ uuid.UUID, minute time.Time) bool { return minute.Before(newest) })
	for id, use := range pending {
		u.written[id] = use.At
	}
	return pending
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
