package insight

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/google/uuid"

	"devtrail.dev/kit/fault"
	"devtrail.dev/kit/pause"
	"devtrail.dev/services/events/catalog"
)

// SurvivorsFunc returns the developers that ids stand for now, in their order: of who was merged, the one she was merged into.
type SurvivorsFunc func(ctx context.Context, organization uuid.UUID, ids []uuid.UUID) ([]uuid.UUID, error)

// Joiner brings the properties of developers who were merged to those they were merged into, and takes them back when a merge is undone. That is done when a
// merge is heard of and not when a question is asked, so that questions cost what they did.
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
	var asked []uuid.UUID
	for id, merged := range into {
		if asked = append(asked, id); merged != uuid.Nil {
			asked = append(asked, merged)
		}
	}
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

// part undoes what join did. What the target handed on is taken back too. That the source was merged is forgotten last: until questions see that she was not, it
// is done again.
func (j *Joiner) part(ctx context.Context, organization uuid.UUID, source catalog.Item, target uuid.UUID) error {
	var onwards uuid.UUID
	left, err := j.change(ctx, organization, target, 0, func(d *catalog.Developer) bool {
		onwards = d.Into
		return d.Part(source.ID)
	})
	if err != nil {
		return err
	}
	d, err := catalog.ReadDeveloper(source.Body)
	if err != nil {
		return err
	}
	d.Into = uuid.Nil
	if source.Body, err = d.Write(); err != nil {
		return err
	}
	revision := source.Revision
	source.Revision++ // as it will be
	freed, err := ReadDeveloperState(source)
	if err != nil {
		return err
	}
	if err := j.store.SetDeveloperProperties(ctx, organization, []DeveloperProperties{left, freed.of(source.ID)}); err != nil {
		return err
	}
	if onwards != uuid.Nil && onwards != source.ID {
		if err := j.join(ctx, organization, target, onwards); err != nil {
			return err
		}
	}
	_, err = j.change(ctx, organization, source.ID, revision, func(d *catalog.Developer) bool {
		d.Into = uuid.Nil
		return true
	})
	return err
}

// join has questions see what a merge makes of both. First it notes at the source whom it was merged into: from then on no update changes it, and what the target gets is
// all there will be. What a crash leaves in between is made up for when it is done again. A target that was merged itself hands on what it got.
func (j *Joiner) join(ctx context.Context, organization, source, target uuid.UUID) error {
	var seen []DeveloperProperties
	for been := make(map[uuid.UUID]bool); source != target && !been[source]; {
		been[source] = true
		var brought catalog.Properties
		merged, err := j.change(ctx, organization, source, 0, func(d *catalog.Developer) bool {
			brought = d.All()
			if d.Into != uuid.Nil { // of a chain of merges each is a step
				target = d.Into
				return false
			}
			d.Into = target
			return true
		})
		if err != nil {
			return err
		}
		next := target
		survivor, err := j.change(ctx, organization, target, 0, func(d *catalog.Developer) bool {
			if next = target; d.Into != uuid.Nil {
				next = d.Into
			}
			return d.Join(source, brought)
		})
		if err != nil {
			return err
		}
		seen = append(seen, survivor, merged)
		source, target = target, next
	}
	return j.store.SetDeveloperProperties(ctx, organization, seen)
}

// change changes the item of a developer and returns what questions are to see of it.
func (j *Joiner) change(ctx context.Context, organization, id uuid.UUID, revision int64, alter func(*catalog.Developer) bool) (DeveloperProperties, error) {
	item, err := j.keeper.Put(ctx, organization, catalog.DeveloperState, id, revision, func(i *catalog.Item) (bool, error) {
		d, err := catalog.ReadDeveloper(i.Body)
		if err != nil || !alter(&d) {
			return false, err
		}
		i.Body, err = d.Write()
		return true, err
	})
	if err != nil {
		return DeveloperProperties{}, err
	}
	state, err := ReadDeveloperState(item)
	return state.of(id), err
}

// atOnce is how many developers are read at once of all.
const atOnce = 1000

// JoinAll looks at everybody who has properties: at those too who were merged while nobody listened, or had no identity that a merge could take from them.
func (j *Joiner) JoinAll(ctx context.Context) error {
	organizations, err := j.store.Organizations(ctx)
	if err != nil {
		return err
	}
	var failures []error
	for _, organization := range organizations {
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
				failures = append(failures, fmt.Errorf("organization %s: %w", organization, err))
			}
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
