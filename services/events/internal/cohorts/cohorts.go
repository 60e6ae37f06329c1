// Package cohorts computes the members of saved cohorts anew, so that those who look at them see members that are not old. It stands beside the desk, which
// knows how a cohort is read and computed; no question waits for it or uses what it computes.
package cohorts

import (
	"context"
	"errors"
	"log/slog"
	"math"
	"time"

	"github.com/google/uuid"

	"devtrail.dev/services/events/catalog"
)

// Config says how old computed members may become.
type Config struct {
	// Every is how often all cohorts are looked at; 0 for never. One is computed when its last try is older than half of that, or of another revision, so
	// members are older than one and a half times this only while the service or its database is away.
	Every time.Duration `env:"EVERY" envDefault:"1h"`
}

// Validate names what is out of range.
func (c Config) Validate() error {
	if c.Every != 0 && c.Every < time.Second {
		return errors.New("EVENTS_COHORTS_EVERY is 0 or 1s or more, like 1h")
	}
	return nil
}

// Store is what is looked at.
type Store interface {
	Organizations(ctx context.Context) ([]uuid.UUID, error)
	Items(ctx context.Context, organization uuid.UUID, kind catalog.Kind, after catalog.Place, limit int) ([]catalog.Item, error)
	Item(ctx context.Context, organization uuid.UUID, kind catalog.Kind, id uuid.UUID) (catalog.Item, error)
}

// ComputeFunc computes a cohort and keeps what came of it as a whole. Computing one twice, here or by another instance, must do no harm.
type ComputeFunc func(ctx context.Context, organization uuid.UUID, cohort catalog.Item) error

// TakeFunc waits for the organization's turn to ask the database, as its questions do, and returns what gives the turn back.
type TakeFunc func(ctx context.Context, organization uuid.UUID) (release func(), err error)

// Worker computes cohorts. Several of one installation do no harm: what one has computed the others find done.
type Worker struct {
	config  Config
	store   Store
	compute ComputeFunc
	take    TakeFunc
	logger  *slog.Logger
	now     func() time.Time
}

// New returns a worker.
func New(config Config, store Store, compute ComputeFunc, take TakeFunc, logger *slog.Logger, now func() time.Time) *Worker {
	return &Worker{config: config, store: store, compute: compute, take: take, logger: logger, now: now}
}

// Run looks at once and then again and again, until ctx ends.
func (w *Worker) Run(ctx context.Context) error {
	if w.config.Every == 0 {
		return nil
	}
	ticker := time.NewTicker(w.config.Every)
	defer ticker.Stop()
	for {
		if err := w.Look(ctx); err != nil && ctx.Err() == nil {
			w.logger.WarnContext(ctx, "cohorts are computed later", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

// Look computes every cohort that is due. What fails for one is no matter of the others.
func (w *Worker) Look(ctx context.Context) error {
	organizations, err := w.store.Organizations(ctx)
	if err != nil {
		return err
	}
	var failures []error
	for _, organization := range organizations {
		list, err := w.store.Items(ctx, organization, catalog.Cohort, catalog.Place{}, math.MaxInt32)
		if err != nil {
			return errors.Join(append(failures, err)...)
		}
		for _, cohort := range list {
			if err := w.refresh(ctx, organization, cohort); err != nil {
				failures = append(failures, err)
			}
			if ctx.Err() != nil {
				return ctx.Err()
			}
		}
	}
	return errors.Join(failures...)
}

// refresh computes one cohort if it is due.
func (w *Worker) refresh(ctx context.Context, organization uuid.UUID, cohort catalog.Item) error {
	due, err := w.due(ctx, organization, cohort)
	if err != nil || !due {
		return err
	}
	release, err := w.take(ctx, organization)
	if err != nil {
		return err
	}
	defer release()
	return w.compute(ctx, organization, cohort)
}

func (w *Worker) due(ctx context.Context, organization uuid.UUID, cohort catalog.Item) (bool, error) {
	kept, err := w.store.Item(ctx, organization, catalog.Members, cohort.ID)
	if errors.Is(err, catalog.ErrItemNotFound) {
		return true, nil
	}
	if err != nil {
		return false, err
	}
	c, err := catalog.ReadComputation(kept.Body)
	if err != nil {
		return false, err
	}
	return w.now().Sub(c.TriedAt) >= w.config.Every/2 || c.Revision != cohort.Revision && c.Error == "", nil
}
