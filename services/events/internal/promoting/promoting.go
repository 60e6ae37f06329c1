// Package promoting runs the background job that brings promotions of properties to their end: it fills the columns of those that are new and empties those of
// the ones that were taken back. It stands beside ingest, before the store; that none of it changes an answer is the law of [catalog.PromotionStore].
package promoting

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/google/uuid"

	"devtrail.dev/kit/pause"
	"devtrail.dev/services/events/catalog"
)

// share is the part of the time that the job may take.
const share = 0.05

// Config says how many properties an organization may promote, and when the job works.
type Config struct {
	// Interval is how often the job looks; 0: it never works, and promotions stay as they are. After work it rests twenty times as long as that took, if this is longer.
	Interval time.Duration `env:"INTERVAL" envDefault:"10s"`
	// Limit is how many properties an organization may promote; 0: none.
	Limit int `env:"LIMIT" envDefault:"16"`
}

// Validate joins all mistakes.
func (c Config) Validate() error {
	var mistakes []error
	if c.Interval < 0 {
		mistakes = append(mistakes, fmt.Errorf("EVENTS_PROMOTE_INTERVAL %s is negative", c.Interval))
	}
	if c.Limit < 0 || c.Limit > catalog.Slots {
		mistakes = append(mistakes, fmt.Errorf("EVENTS_PROMOTE_LIMIT %d is not between 0 and %d", c.Limit, catalog.Slots))
	}
	return errors.Join(mistakes...)
}

// Promotions are what the job works on: a [catalog.Promoter].
type Promotions interface {
	List(ctx context.Context, organization uuid.UUID) ([]catalog.Promoted, error)
	Settle(ctx context.Context, organization uuid.UUID, p catalog.Promoted) error
}

// Organizations tells whose promotions there are.
type Organizations interface {
	Promoting(ctx context.Context) ([]uuid.UUID, error)
}

// Job brings promotions on from time to time. How one stands is in the store, so it does not matter when a job was stopped, how, or how many others do the same.
type Job struct {
	config     Config
	logger     *slog.Logger
	now        func() time.Time
	store      Organizations
	promotions Promotions
}

// New returns a job.
func New(store Organizations, promotions Promotions, config Config, logger *slog.Logger, now func() time.Time) *Job {
	return &Job{config: config, logger: logger, now: now, store: store, promotions: promotions}
}

// Run works until ctx ends and returns nil then. What fails is tried again after the interval.
func (j *Job) Run(ctx context.Context) error {
	if j.config.Interval <= 0 {
		<-ctx.Done()
		return nil
	}
	rest := j.config.Interval
	for {
		if pause.For(ctx, rest) != nil {
			return nil //nolint:nilerr // the end of ctx is the wished end
		}
		start := j.now()
		err := j.Look(ctx)
		if ctx.Err() != nil {
			return nil //nolint:nilerr // the end of ctx is the wished end
		}
		rest = max(j.config.Interval, time.Duration(float64(j.now().Sub(start))*(1/share-1)))
		if err != nil {
			j.logger.WarnContext(ctx, "promotions are not brought on", "error", err, "rest_ms", rest.Milliseconds())
		}
	}
}

// Look brings every promotion to its end. One that fails does not keep the others.
func (j *Job) Look(ctx context.Context) error {
	organizations, err := j.store.Promoting(ctx)
	if err != nil {
		return err
	}
	var mistakes []error
	for _, organization := range organizations {
		list, err := j.promotions.List(ctx, organization)
		mistakes = append(mistakes, err)
		for _, p := range list {
			start := j.now()
			if err := j.promotions.Settle(ctx, organization, p); err != nil {
				mistakes = append(mistakes, fmt.Errorf("%s of organization %s: %w", p.Column(), organization, err))
				continue
			}
			if p.State != catalog.Ready {
				j.logger.InfoContext(ctx, "a promotion came to its end", "organization", organization.String(), "column", p.Column(),
					"removed", p.State == catalog.Removing, "duration_ms", j.now().Sub(start).Milliseconds())
			}
		}
	}
	return errors.Join(mistakes...)
}
