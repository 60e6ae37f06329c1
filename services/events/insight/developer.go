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

// DeveloperState is the properties of a developer as an update left them.
type DeveloperState struct {
	Properties catalog.Properties
	Object     string // the values, a canonical JSON object
	Revision   int64  // counts the updates that changed something
}

// UpdateDeveloper updates properties of a developer. The state is changed first and then what questions see of it: should the second fail, repeating the
// update changes no state a second time, and makes it seen.
func UpdateDeveloper(ctx context.Context, store Engine, keeper *catalog.Keeper, organization, developer uuid.UUID, u catalog.Update) (DeveloperState, error) {
	item, err := keeper.Put(ctx, organization, catalog.DeveloperState, developer, 0, func(i *catalog.Item) (bool, error) {
		p, err := catalog.ReadProperties(i.Body)
		if err != nil || !p.Apply(u) {
			return false, err
		}
		i.Body, err = p.Write()
		return true, err
	})
	if err != nil {
		return DeveloperState{}, err
	}
	state, err := ReadDeveloperState(item)
	if err != nil || state.Revision == 0 {
		return state, err
	}
	return state, store.SetDeveloperProperties(ctx, organization, []DeveloperProperties{{DeveloperID: developer, Properties: state.Object, Revision: state.Revision}})
}

// ReadDeveloperState reads the item of a developer; the zero item is that of one without properties.
func ReadDeveloperState(item catalog.Item) (s DeveloperState, err error) {
	s.Revision = item.Revision
	if s.Properties, err = catalog.ReadProperties(item.Body); err != nil {
		return s, err
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
