package server

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"devtrail.dev/services/migrations"
)

// Bring applies what waits in the databases of a Postgres server and returns when all are ready, by the same rooms as the service but without its door.
// The targets must have the ledger first. Its error is a *HaltError when a database stopped, or that of ctx.
func Bring(ctx context.Context, postgresURL string, lockTimeout time.Duration, targets []migrations.Target, logger *slog.Logger) error {
	cfg := defaults()
	cfg.Apply, cfg.PostgresURL, cfg.LockTimeout = "auto", postgresURL, lockTimeout
	cfg.DDLTimeout, cfg.LockBudget = time.Minute, 5*time.Minute
	behind, err := openRooms(ctx, &cfg, targets, prometheus.NewRegistry(), logger, time.Now)
	if err != nil {
		return err
	}
	defer behind.close()
	running, stop := context.WithCancel(ctx)
	group, running := errgroup.WithContext(running)
	group.Go(func() error { return behind.run(running) })
	for _, t := range targets {
		if err = awaitReady(running, behind, t.Name); err != nil {
			break
		}
	}
	stop()
	if ended := group.Wait(); err == nil && ctx.Err() == nil {
		err = ended
	}
	return err
}

// HaltError says that a database stopped before it was ready.
type HaltError struct{ Status migrations.Status }

// Error returns the sentence.
func (e *HaltError) Error() string {
	return fmt.Sprintf("database %q is %s: %s", e.Status.Database, e.Status.State, e.Status.Message)
}

func awaitReady(ctx context.Context, behind *rooms, name string) error {
	for status, err := range behind.databases.Watch(ctx, name) {
		switch {
		case err != nil:
			return err
		case status.State == migrations.Ready:
			return nil
		case status.State == migrations.Refused, status.State == migrations.Failed:
			return &HaltError{Status: status}
		}
	}
	return ctx.Err()
}
