package people

import (
	"fmt"

	"github.com/google/uuid"

	identityv1 "devtrail.dev/proto/gen/devtrail/identity/v1"
	"devtrail.dev/services/events"
)

func hintsToProto(hints []Hint) []*identityv1.IdentityHint {
	list := make([]*identityv1.IdentityHint, len(hints))
	for i, h := range hints {
		list[i] = &identityv1.IdentityHint{
			Identity:    &identityv1.Identity{Kind: identityv1.IdentityKind(h.Identity.Kind), Value: h.Identity.Value},
			DisplayName: h.DisplayName,
		}
	}
	return list
}

func identityFromProto(i *identityv1.Identity) events.Identity {
	return events.Identity{Kind: events.IdentityKind(i.GetKind()), Value: i.GetValue()}
}

func peopleFromProto(list []*identityv1.ResolvedIdentity) ([]Person, error) {
	people := make([]Person, len(list))
	for i, r := range list {
		developer, err := developerFromProto(r.GetDeveloperId())
		if err != nil {
			return nil, err
		}
		people[i] = Person{Identity: identityFromProto(r.GetIdentity()), DeveloperID: developer}
	}
	return people, nil
}

// developerFromProto reads an id that is empty for nobody.
func developerFromProto(text string) (uuid.UUID, error) {
	if text == "" {
		return uuid.Nil, nil
	}
	id, err := uuid.Parse(text)
	if err != nil {
		return uuid.Nil, fmt.Errorf("the identity service sent the developer id %q: %w", text, err)
	}
	return id, nil
}

// changesFromProto groups changes by organization, in their order.
func changesFromProto(list []*identityv1.IdentityChange) (map[uuid.UUID][]events.Reassignment, error) {
	changes := make(map[uuid.UUID][]events.Reassignment)
	for _, c := range list {
		organization, err := uuid.Parse(c.GetOrganizationId())
		if err != nil {
			return nil, fmt.Errorf("the identity service sent the organization id %q: %w", c.GetOrganizationId(), err)
		}
		developer, err := developerFromProto(c.GetDeveloperId())
		if err != nil {
			return nil, err
		}
		previous, err := developerFromProto(c.GetPreviousDeveloperId())
		if err != nil {
			return nil, err
		}
		changes[organization] = append(changes[organization], events.Reassignment{
			Birth:       previous == uuid.Nil,
			DeveloperID: developer,
			Identity:    identityFromProto(c.GetIdentity()),
			Previous:    &previous,
			Sequence:    c.GetSequence(),
		})
	}
	return changes, nil
}
