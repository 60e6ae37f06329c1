package rpc

import (
	"errors"
	"fmt"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"devtrail.dev/kit/fault"
	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
	"devtrail.dev/services/events"
	"devtrail.dev/services/events/catalog"
	"devtrail.dev/services/events/insight"
)

// cohortNaming is a message that says which cohort is meant: by what it is or by its id.
type cohortNaming interface {
	GetCohort() *eventsv1.CohortDefinition
	GetCohortId() string
}

// named reads the cohort that a message means; nil when it means none.
func (a *asking) named(field string, m cohortNaming, depth int) (*insight.Cohort, error) {
	switch {
	case m.GetCohort() != nil && m.GetCohortId() != "":
		return nil, insight.ErrFilterInvalid.With("the cohort is given in two ways").Field(field + ".cohort_id")
	case m.GetCohort() != nil:
		return a.cohort(field+".cohort", m.GetCohort(), depth)
	case m.GetCohortId() == "":
		return nil, nil //nolint:nilnil // everybody, or a refusal of the caller's
	}
	definition := &eventsv1.CohortDefinition{}
	if err := a.load(field+".cohort_id", catalog.Cohort, m.GetCohortId(), definition); err != nil {
		return nil, err
	}
	return a.cohort(field+".cohort_id", definition, depth)
}

func (a *asking) savedAction(field, id string) (*eventsv1.InlineAction, error) {
	action := &eventsv1.InlineAction{}
	return action, a.load(field, catalog.Action, id, action)
}

// load reads what was saved under an id.
func (a *asking) load(field string, kind catalog.Kind, text string, into proto.Message) error {
	id, err := itemID(field, text)
	if err != nil {
		return err
	}
	item, err := a.saved.Item(a.ctx, a.org, kind, id)
	if err != nil {
		return at(field, err)
	}
	return readBody(item, into)
}

func readBody(item catalog.Item, into proto.Message) error {
	if err := proto.Unmarshal(item.Body, into); err != nil {
		return fmt.Errorf("read the catalog item %s: %w", item.ID, err)
	}
	return nil
}

func itemID(field, text string) (uuid.UUID, error) {
	id, err := uuid.Parse(text)
	if err != nil {
		return uuid.Nil, events.ErrIdentityInvalid.With("%q is not a UUID", text).Field(field)
	}
	return id, nil
}

// at gives a fault the field that it is about.
func at(field string, err error) error {
	if f, ok := errors.AsType[*fault.Fault](err); ok {
		return f.Field(field)
	}
	return err
}

// usesOf are the ids of the saved cohorts and actions that a definition names, each once.
func usesOf(m proto.Message) []uuid.UUID {
	var list []uuid.UUID
	seen := make(map[uuid.UUID]bool)
	var walk func(m protoreflect.Message)
	walk = func(m protoreflect.Message) {
		m.Range(func(f protoreflect.FieldDescriptor, v protoreflect.Value) bool {
			switch {
			case f.Name() == "cohort_id" || f.Name() == "action_id":
				if id, err := uuid.Parse(v.String()); err == nil && !seen[id] {
					seen[id], list = true, append(list, id)
				}
			case f.Kind() != protoreflect.MessageKind || f.IsMap():
			case f.IsList():
				for i := range v.List().Len() {
					walk(v.List().Get(i).Message())
				}
			default:
				walk(v.Message())
			}
			return true
		})
	}
	walk(m.ProtoReflect())
	return list
}

// beneath gives a refusal the path that its field has within another.
func beneath(field string, err error) error {
	f, ok := errors.AsType[*fault.Fault](err)
	if !ok || f.FieldPath() == "" {
		return err
	}
	return f.Field(field + "." + f.FieldPath())
}
