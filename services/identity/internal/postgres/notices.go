package postgres

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"devtrail.dev/kit/pause"
)

// noticeRetry is how long Notices waits before it connects again.
const noticeRetry = 500 * time.Millisecond

// Notices wakes those who wait for changes, on a connection of its own. A notice may be lost when the connection is:
// whoever waits must also look by itself from time to time.
type Notices struct {
	pool   *pgxpool.Pool
	logger *slog.Logger
	done   chan struct{}

	mu      sync.Mutex
	changed chan struct{}
}

// NewNotices returns notices that come once Run is called.
func NewNotices(pool *pgxpool.Pool, logger *slog.Logger) *Notices {
	return &Notices{pool: pool, logger: logger, done: make(chan struct{}), changed: make(chan struct{})}
}

// Changed returns a channel that is closed at the next notice. Take it before looking for changes, then wait for it: nothing comes in between.
func (n *Notices) Changed() <-chan struct{} {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.changed
}

// Done is closed when Run ends: no notice will come.
func (n *Notices) Done() <-chan struct{} { return n.done }

// Run listens until ctx ends and returns nil. While the database is away it tries again; after each start it wakes everybody once,
// since something may have been missed. It may be called once.
func (n *Notices) Run(ctx context.Context) error {
	defer close(n.done)
	for {
		err := n.listen(ctx)
		if ctx.Err() != nil {
			return nil
		}
		n.logger.WarnContext(ctx, "notices of changes are interrupted", "error", err.Error())
		if pause.For(ctx, noticeRetry) != nil {
			return nil
		}
	}
}

func (n *Notices) listen(ctx context.Context) error {
	conn, err := pgx.ConnectConfig(ctx, n.pool.Config().ConnConfig)
	if err != nil {
		return err
	}
	defer func() {
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		_ = conn.Close(closing)
	}()
	if _, err := conn.Exec(ctx, "LISTEN identity_changes"); err != nil {
		return err
	}
	for {
		n.wake()
		if _, err := conn.WaitForNotification(ctx); err != nil {
			return err
		}
	}
}

func (n *Notices) wake() {
	n.mu.Lock()
	defer n.mu.Unlock()
	close(n.changed)
	n.changed = make(chan struct{})
}
