package joining

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/google/uuid"

	"devtrail.dev/kit/fault"
	"devtrail.dev/kit/pause"
	"devtrail.dev/services/events/catalog"
)

const (
	// atOnce is how many developers are read at once of all.
	atOnce = 1000
	// told is of how many organizations it is said why it failed.
	told = 10
)

// JoinAll looks at everybody who has properties: at those too who were merged while nobody listened, or had no identity that a merge could take from them.
// An organization for which it fails holds up no other.
func (j *Joiner) JoinAll(ctx context.Context) error {
	organizations, err := j.store.Organizations(ctx)
	if err != nil {
		return err
	}
	var failures []error
	failed := 0
	for _, organization := range organizations {
		err := j.joinAllOf(ctx, organization)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err == nil {
			continue
		}
		if failed++; failed <= told {
			failures = append(failures, fmt.Errorf("organization %s: %w", organization, err))
		}
	}
	if failed > told { // mostly for one reason
		failures = append(failures, fmt.Errorf("and %d organizations more", failed-told))
	}
	return errors.Join(failures...)
}

// joinAllOf is JoinAll of an organization.
func (j *Joiner) joinAllOf(ctx context.Context, organization uuid.UUID) error {
	var failures []error
	for after, more := (catalog.Place{}), true; more; {
		list, err := j.store.Items(ctx, organization, catalog.DeveloperState, after, atOnce)
		if err != nil {
			return err
		}
		if more = len(list) == atOnce; more {
			after = list[len(list)-1].Place()
		}
		if err := j.look(ctx, organization, list); fault.KindOf(err).Passing() {
			return err
		} else if err != nil {
			failures = append(failures, err)
		}
	}
	return errors.Join(failures...)
}

// How often everybody is looked at, and how soon again after a failure.
const (
	everyLook = time.Hour
	nextTry   = time.Minute
)

// Run looks at everybody at once and then again and again, until ctx ends.
func (j *Joiner) Run(ctx context.Context, logger *slog.Logger) error {
	for {
		wait := everyLook
		if err := j.JoinAll(ctx); err != nil && ctx.Err() == nil {
			logger.WarnContext(ctx, "properties of merged developers are joined later", "error", err)
			wait = nextTry
		}
		if pause.For(ctx, wait) != nil {
			return nil //nolint:nilerr // the end of ctx is the wished end
		}
	}
}
