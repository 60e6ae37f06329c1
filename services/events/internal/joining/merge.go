package joining

import (
	"context"

	"github.com/google/uuid"

	"devtrail.dev/services/events/catalog"
	"devtrail.dev/services/events/insight"
)

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
	freed, err := insight.ReadDeveloperState(source)
	if err != nil {
		return err
	}
	if err := j.store.SetDeveloperProperties(ctx, organization, []insight.DeveloperProperties{left, freed.Seen(source.ID)}); err != nil {
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
	var seen []insight.DeveloperProperties
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
func (j *Joiner) change(ctx context.Context, organization, id uuid.UUID, revision int64, alter func(*catalog.Developer) bool) (insight.DeveloperProperties, error) {
	item, err := j.keeper.Put(ctx, organization, catalog.DeveloperState, id, revision, func(i *catalog.Item) (bool, error) {
		d, err := catalog.ReadDeveloper(i.Body)
		if err != nil || !alter(&d) {
			return false, err
		}
		i.Body, err = d.Write()
		return true, err
	})
	if err != nil {
		return insight.DeveloperProperties{}, err
	}
	state, err := insight.ReadDeveloperState(item)
	return state.Seen(id), err
}
