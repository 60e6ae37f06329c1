package insight

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/google/uuid"

	"devtrail.dev/kit/pause"
	"devtrail.dev/services/events/catalog"
)

// SurvivorsFunc returns the developers that ids stand for now, in their order: of who was merged, the one she was merged into.
type SurvivorsFunc func(ctx context.Context, organization uuid.UUID, ids []uuid.UUID) ([]uuid.UUID, error)

// Joiner brings the properties of developers who were merged to those they were merged into. That is done when a merge is heard of and not when a question
// is asked, so that questions cost what they did.
type Joiner struct {
	store     Engine
	keeper    *catalog.Keeper
	survivors SurvivorsFunc
}

// NewJoiner returns a joiner.
func NewJoiner(store Engine, keeper *catalog.Keeper, survivors SurvivorsFunc) *Joiner {
	return &Joiner{store: store, keeper: keeper, survivors: survivors}
}

// fewDevelopers is how many developers are looked for one by one; of more it is cheaper to ask who has properties at all.
const fewDevelopers = 20

// Join looks at developers who may have been merged. Doing it again, here or in another instance, changes nothing.
func (j *Joiner) Join(ctx context.Context, organization uuid.UUID, ids []uuid.UUID) error {
	known, err := j.known(ctx, organization, ids)
	if err != nil {
		return err
	}
	return j.joinKnown(ctx, organization, known)
}

// joinKnown is Join of developers who have properties.
func (j *Joiner) joinKnown(ctx context.Context, organization uuid.UUID, known []uuid.UUID) error {
	if len(known) == 0 {
		return nil
	}
	survivors, err := j.survivors(ctx, organization, known)
	if err != nil {
		return err
	}
	var seen []DeveloperProperties
	for i, id := range known {
		if survivors[i] == id {
			continue
		}
		changed, err := j.join(ctx, organization, id, survivors[i])
		if err != nil {
			return err
		}
		seen = append(seen, changed...)
	}
	if len(seen) == 0 {
		return nil
	}
	return j.store.SetDeveloperProperties(ctx, organization, seen)
}

// known keeps the ids of those who have properties.
func (j *Joiner) known(ctx context.Context, organization uuid.UUID, ids []uuid.UUID) ([]uuid.UUID, error) {
	var known []uuid.UUID
	if len(ids) > fewDevelopers {
		heads, err := j.store.Heads(ctx, organization, catalog.DeveloperState)
		if err != nil {
			return nil, err
		}
		has := make(map[uuid.UUID]bool, len(heads))
		for _, h := range heads {
			has[h.ID] = true
		}
		for _, id := range ids {
			if has[id] {
				known = append(known, id)
			}
		}
		return known, nil
	}
	for _, id := range ids {
		_, err := j.store.Item(ctx, organization, catalog.DeveloperState, id)
		switch {
		case err == nil:
			known = append(known, id)
		case !errors.Is(err, catalog.ErrItemNotFound):
			return nil, err
		}
	}
	return known, nil
}

// join returns what questions are to see. First it notes at the source whom it was merged into: from then on no update changes it, and what the target gets is
// all there will be. What a crash leaves in between is made up for when it is done again. A target that was merged itself hands on what it got.
func (j *Joiner) join(ctx context.Context, organization, source, target uuid.UUID) (seen []DeveloperProperties, err error) {
	for source != target {
		var brought catalog.Properties
		merged, err := j.keeper.Put(ctx, organization, catalog.DeveloperState, source, 0, func(i *catalog.Item) (bool, error) {
			d, err := catalog.ReadDeveloper(i.Body)
			if err != nil {
				return false, err
			}
			brought = d.All()
			if d.Into != uuid.Nil { // of a chain of merges each is a step
				target = d.Into
				return false, nil
			}
			d.Into = target
			i.Body, err = d.Write()
			return true, err
		})
		if err != nil {
			return nil, err
		}
		next := target
		survivor, err := j.keeper.Put(ctx, organization, catalog.DeveloperState, target, 0, func(i *catalog.Item) (bool, error) {
			d, err := catalog.ReadDeveloper(i.Body)
			if err != nil {
				return false, err
			}
			if next = target; d.Into != uuid.Nil {
				next = d.Into
			}
			if !d.Join(source, brought) {
				return false, nil
			}
			i.Body, err = d.Write()
			return true, err
		})
		if err != nil {
			return nil, err
		}
		for _, item := range []catalog.Item{survivor, merged} {
			state, err := ReadDeveloperState(item)
			if err != nil {
				return nil, err
			}
			seen = append(seen, DeveloperProperties{DeveloperID: item.ID, Properties: state.Object, Revision: state.Revision})
		}
		source, target = target, next
	}
	return seen, nil
}

// JoinAll looks at everybody who has properties: at those too who were merged while nobody listened, or had no identity that a merge could take from them.
func (j *Joiner) JoinAll(ctx context.Context) error {
	organizations, err := j.store.Organizations(ctx)
	if err != nil {
		return err
	}
	for _, organization := range organizations {
		heads, err := j.store.Heads(ctx, organization, catalog.DeveloperState)
		if err != nil {
			return err
		}
		ids := make([]uuid.UUID, len(heads))
		for i, h := range heads {
			ids[i] = h.ID
		}
		if err := j.joinKnown(ctx, organization, ids); err != nil {
			return err
		}
	}
	return nil
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
