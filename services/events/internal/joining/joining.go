// Package joining brings the properties of developers who were merged to those they were merged into, and gives them back when a merge is undone. That is done
// when a merge is heard of and not when a question is asked, so that questions cost what they did.
package joining

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/google/uuid"

	"devtrail.dev/kit/fault"
	"devtrail.dev/services/events/catalog"
	"devtrail.dev/services/events/insight"
)

// SurvivorsFunc returns the developers that ids stand for now, in their order: of who was merged, the one she was merged into.
type SurvivorsFunc func(ctx context.Context, organization uuid.UUID, ids []uuid.UUID) ([]uuid.UUID, error)

// Joiner joins properties. Several, of several instances, may be at it at once.
type Joiner struct {
	store     insight.Engine
	keeper    *catalog.Keeper
	survivors SurvivorsFunc
}

// New returns a joiner.
func New(store insight.Engine, keeper *catalog.Keeper, survivors SurvivorsFunc) *Joiner {
	return &Joiner{store: store, keeper: keeper, survivors: survivors}
}

// fewDevelopers is how many developers are looked for one by one; of more it is cheaper to ask who has properties at all.
const fewDevelopers = 20

// Join looks at developers who may have been merged, or whose merge may have been undone. Doing it again, here or in another instance, changes nothing.
func (j *Joiner) Join(ctx context.Context, organization uuid.UUID, ids []uuid.UUID) error {
	if len(ids) > fewDevelopers {
		heads, err := j.store.Heads(ctx, organization, catalog.DeveloperState)
		if err != nil {
			return err
		}
		has := make(map[uuid.UUID]bool, len(heads))
		for _, h := range heads {
			has[h.ID] = true
		}
		ids = slices.DeleteFunc(slices.Clone(ids), func(id uuid.UUID) bool { return !has[id] })
	}
	var known []catalog.Item
	for _, id := range ids {
		item, err := j.store.Item(ctx, organization, catalog.DeveloperState, id)
		switch {
		case err == nil:
			known = append(known, item)
		case !errors.Is(err, catalog.ErrItemNotFound):
			return err
		}
	}
	return j.look(ctx, organization, known)
}

// JoinOne is Join of one for whom somebody was found to survive, she herself or another, unless that is known: it is done where a request waits for it.
func (j *Joiner) JoinOne(ctx context.Context, organization, id, survivor uuid.UUID) error {
	item, err := j.store.Item(ctx, organization, catalog.DeveloperState, id)
	if errors.Is(err, catalog.ErrItemNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	d, err := catalog.ReadDeveloper(item.Body)
	if err != nil || d.Into == survivor || d.Into == uuid.Nil && survivor == id {
		return err
	}
	return j.look(ctx, organization, []catalog.Item{item})
}

// look is Join of developers who have properties. The items were read before it is asked who survives: a merge that they know of, and the answer does not,
// was undone. One for whom it fails for good holds up no other.
func (j *Joiner) look(ctx context.Context, organization uuid.UUID, known []catalog.Item) error {
	var failures []error
	into := make(map[uuid.UUID]uuid.UUID, len(known))
	known = slices.DeleteFunc(slices.Clone(known), func(item catalog.Item) bool {
		d, err := catalog.ReadDeveloper(item.Body)
		if err != nil {
			failures = append(failures, fmt.Errorf("developer %s: %w", item.ID, err))
			return true
		}
		into[item.ID] = d.Into
		return false
	})
	named := make(map[uuid.UUID]bool, len(into)) // many may be merged into one
	for id, merged := range into {
		if named[id] = true; merged != uuid.Nil {
			named[merged] = true
		}
	}
	asked := slices.Collect(maps.Keys(named))
	answers, err := j.survivors(ctx, organization, asked)
	if err != nil {
		return err
	}
	is := make(map[uuid.UUID]uuid.UUID, len(asked))
	for i, id := range asked {
		is[id] = answers[i]
	}
	steps := []func(catalog.Item) error{
		func(item catalog.Item) error { // first, so that nobody is merged into two at once
			target := into[item.ID]
			if target == uuid.Nil || is[item.ID] != item.ID && is[target] == is[item.ID] {
				return nil
			}
			return j.part(ctx, organization, item, target)
		},
		func(item catalog.Item) error {
			if is[item.ID] == item.ID {
				return nil
			}
			return j.join(ctx, organization, item.ID, is[item.ID])
		},
	}
	for _, step := range steps {
		for _, item := range known {
			if err := step(item); fault.KindOf(err).Passing() {
				return err
			} else if err != nil {
				failures = append(failures, fmt.Errorf("developer %s: %w", item.ID, err))
			}
		}
	}
	return errors.Join(failures...)
}
