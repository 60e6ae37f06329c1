package insight

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"time"

	"github.com/google/uuid"

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

// JoinOne is Join of one who was found to be merged, unless that is known: it is done where a request waits for it.
func (j *Joiner) JoinOne(ctx context.Context, organization, id uuid.UUID) error {
	item, err := j.store.Item(ctx, organization, catalog.DeveloperState, id)
	if errors.Is(err, catalog.ErrItemNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	d, err := catalog.ReadDeveloper(item.Body)
	if err != nil || d.Into != uuid.Nil {
		return err
	}
	return j.look(ctx, organization, []catalog.Item{item})
}

// look is Join of developers who have properties. The items were read before it is asked who survives: a merge that they know of, and the answer does not,
// was undone.
func (j *Joiner) look(ctx context.Context, organization uuid.UUID, known []catalog.Item) error {
	ids, into := make([]uuid.UUID, len(known)), make([]uuid.UUID, len(known))
	for i, item := range known {
		d, err := catalog.ReadDeveloper(item.Body)
		if err != nil {
			return err
		}
		ids[i], into[i] = item.ID, d.Into
	}
	asked := slices.DeleteFunc(slices.Concat(ids, into), func(id uuid.UUID) bool { return id == uuid.Nil })
	answers, err := j.survivors(ctx, organization, asked)
	if err != nil {
		return err
	}
	is := make(map[uuid.UUID]uuid.UUID, len(asked))
	for i, id := range asked {
		is[id] = answers[i]
	}
	var seen []DeveloperProperties
	for i, item := range known { // first, so that nobody is merged into two at once
		if into[i] == uuid.Nil || is[into[i]] == is[item.ID] {
			continue
		}
		changed, err := j.part(ctx, organization, item, into[i])
		if err != nil {
			return err
		}
		seen = append(seen, changed...)
	}
	for _, id := range ids {
		if is[id] == id {
			continue
		}
		changed, err := j.join(ctx, organization, id, is[id])
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

// part undoes what join did. What the target handed on is taken back too.
func (j *Joiner) part(ctx context.Context, organization uuid.UUID, source catalog.Item, target uuid.UUID) ([]DeveloperProperties, error) {
	var onwards uuid.UUID
	left, err := j.change(ctx, organization, target, 0, func(d *catalog.Developer) bool {
		onwards = d.Into
		return d.Part(source.ID)
	})
	if err != nil {
		return nil, err
	}
	freed, err := j.change(ctx, organization, source.ID, source.Revision, func(d *catalog.Developer) bool {
		d.Into = uuid.Nil
		return true
	})
	if err != nil || onwards == uuid.Nil {
		return []DeveloperProperties{left, freed}, err
	}
	seen, err := j.join(ctx, organization, target, onwards)
	return append(seen, left, freed), err
}

// join returns what questions are to see. First it notes at the source whom it was merged into: from then on no update changes it, and what the target gets is
// all there will be. What a crash leaves in between is made up for when it is done again. A target that was merged itself hands on what it got.
func (j *Joiner) join(ctx context.Context, organization, source, target uuid.UUID) (seen []DeveloperProperties, err error) {
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
			return nil, err
		}
		next := target
		survivor, err := j.change(ctx, organization, target, 0, func(d *catalog.Developer) bool {
			if next = target; d.Into != uuid.Nil {
				next = d.Into
			}
			return d.Join(source, brought)
		})
		if err != nil {
			return nil, err
		}
		seen = append(seen, survivor, merged)
		source, target = target, next
	}
	return seen, nil
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
	for _, organization := range organizations {
		for after, more := (catalog.Place{}), true; more; {
			list, err := j.store.Items(ctx, organization, catalog.DeveloperState, after, atOnce)
			if err != nil {
				return err
			}
			if more = len(list) == atOnce; more {
				after = list[len(list)-1].Place()
			}
			if err := j.look(ctx, organization, list); err != nil {
				return err
			}
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
