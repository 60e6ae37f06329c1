package clickhouse

import (
	"context"
	"slices"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"devtrail.dev/services/events/catalog"
	"devtrail.dev/services/events/internal/recall"
)

// view is what a question must know of an organization.
type view struct {
	overrides *lookup // of pending ones
	promoted  []catalog.Promoted
}

// answer enters the store with a question that tells how overrides must be looked up and which properties are promoted. It may be asked twice, see recall.Answer.
func answer[T any](ctx context.Context, s *Store, organization uuid.UUID, ask func(context.Context, view) (T, error)) (T, error) {
	return overriding(ctx, s, organization, func(ctx context.Context, overrides *lookup) (T, error) {
		return recall.Answer(ctx, s.promotions, organization, s.readPromoted(organization), slices.Equal, func(ctx context.Context, promoted []catalog.Promoted) (T, error) {
			return ask(ctx, view{overrides: overrides, promoted: promoted})
		})
	})
}

// overriding does so with a question that looks at no properties.
func overriding[T any](ctx context.Context, s *Store, organization uuid.UUID, ask func(context.Context, *lookup) (T, error)) (T, error) {
	if err := s.enter(ctx); err != nil {
		var none T
		return none, err
	}
	return recall.Answer(ctx, s.overrides, organization, s.readOverrides(organization), (*lookup).equal, ask)
}

// begin does so with a question that hands out its answer while it reads and so cannot be asked twice.
func (s *Store) begin(ctx context.Context, organization uuid.UUID) (seen view, err error) {
	if err := s.enter(ctx); err != nil {
		return seen, err
	}
	both, ctx := errgroup.WithContext(ctx)
	both.Go(func() (err error) {
		seen.promoted, err = s.promoted(ctx, organization)
		return err
	})
	both.Go(func() (err error) {
		seen.overrides, err = s.overrides.Of(ctx, organization, s.readOverrides(organization))
		return err
	})
	err = both.Wait()
	return seen, err
}
