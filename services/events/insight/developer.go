package insight

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"

	"devtrail.dev/kit/fault"
	"devtrail.dev/services/events"
	"devtrail.dev/services/events/catalog"
)

// ErrMergeUnsettled says that merges of a developer were undone and made otherwise, which is not followed to its end yet. Nothing was changed.
var ErrMergeUnsettled = fault.New(fault.Conflict, "MERGE_UNSETTLED", "merges of the developer have changed and are being followed: send the update again")

// DeveloperState is the properties of a developer as an update left them.
type DeveloperState struct {
	Properties catalog.Properties
	Object     string // the values, a canonical JSON object
	Revision   int64  // counts the updates and merges that changed something
}

// UpdateDeveloper updates properties of a developer, or of whom it was merged into, and returns whose they are. The state is changed first and then what
// questions see of it: should the second fail, repeating the update changes no state a second time, and makes it seen.
func UpdateDeveloper(
	ctx context.Context, store Engine, keeper *catalog.Keeper, organization, developer uuid.UUID, u catalog.Update,
) (uuid.UUID, DeveloperState, error) {
	been := make(map[uuid.UUID]bool)
	for {
		var into uuid.UUID
		item, err := keeper.Put(ctx, organization, catalog.DeveloperState, developer, 0, func(i *catalog.Item) (bool, error) {
			d, err := catalog.ReadDeveloper(i.Body)
			if into = d.Into; err != nil || into != uuid.Nil || !d.Apply(u) {
				return false, err
			}
			i.Body, err = d.Write()
			return true, err
		})
		if err != nil {
			return developer, DeveloperState{}, err
		}
		if into != uuid.Nil { // a merge was quicker than the update
			if been[developer] = true; been[into] {
				return developer, DeveloperState{}, ErrMergeUnsettled
			}
			developer = into
			continue
		}
		state, err := show(ctx, store, organization, item)
		return developer, state, err
	}
}

// show has questions see what an item says of a developer.
func show(ctx context.Context, store Store, organization uuid.UUID, item catalog.Item) (DeveloperState, error) {
	state, err := ReadDeveloperState(item)
	if err != nil || state.Revision == 0 {
		return state, err
	}
	return state, store.SetDeveloperProperties(ctx, organization, []DeveloperProperties{state.Seen(item.ID)})
}

// Seen is what questions see of the developer who has the state.
func (s DeveloperState) Seen(id uuid.UUID) DeveloperProperties {
	return DeveloperProperties{DeveloperID: id, Properties: s.Object, Revision: s.Revision}
}

// ReadDeveloperState reads the item of a developer; the zero item is that of one without properties, and who was merged has none any more.
func ReadDeveloperState(item catalog.Item) (s DeveloperState, err error) {
	s.Revision = item.Revision
	d, err := catalog.ReadDeveloper(item.Body)
	if err != nil {
		return s, err
	}
	if s.Properties = d.All(); d.Into != uuid.Nil {
		s.Properties = catalog.Properties{}
	}
	object, err := s.Properties.Object()
	if err != nil {
		return s, err
	}
	s.Object, err = events.CanonicalObject(object)
	return s, err
}

// NewUpdate returns an update of two JSON objects; an empty text has no properties. The error is a fault of kind Invalid for set_json or set_once_json.
func NewUpdate(at time.Time, set, setOnce string) (u catalog.Update, err error) {
	u.At = events.Microseconds(at)
	if u.Set, err = objectOf("set_json", set); err != nil {
		return u, err
	}
	u.SetOnce, err = objectOf("set_once_json", setOnce)
	return u, err
}

func objectOf(field, text string) (Properties, error) {
	if text == "" {
		return nil, nil
	}
	canonical, err := events.CanonicalObject(text)
	if f, ok := errors.AsType[*fault.Fault](err); ok {
		return nil, f.Field(field)
	}
	return ParseProperties(canonical), err
}
