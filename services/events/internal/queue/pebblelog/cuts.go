package pebblelog

import (
	"context"
	"errors"

	"github.com/cockroachdb/pebble/v2"

	"devtrail.dev/services/events/internal/queue"
)

// SetCuts writes the bounds as one key, synced.
func (l *Log) SetCuts(ctx context.Context, cuts []queue.Cut) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	l.mu.Lock()
	if l.closed {
		l.mu.Unlock()
		return queue.ErrClosed
	}
	l.writing.Add(1) // Close waits; appends do not wait for the disk that we wait for
	l.mu.Unlock()
	defer l.writing.Done()
	batch := l.db.NewBatch()
	defer batch.Close()
	if err := batch.Set([]byte{cutsKey}, queue.EncodeCuts(cuts), nil); err != nil {
		return err
	}
	return l.commit(batch, pebble.Sync)
}

// Cuts reads them.
func (l *Log) Cuts(ctx context.Context) (cuts []queue.Cut, err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return nil, queue.ErrClosed
	}
	value, closer, err := l.db.Get([]byte{cutsKey})
	if errors.Is(err, pebble.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	cuts, err = queue.DecodeCuts(value)
	return cuts, errors.Join(err, closer.Close())
}
