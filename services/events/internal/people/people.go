// Package people knows whose an identity is: it asks the identity service for what it has not seen, remembers the answers, and follows
// the changes there so that they count for events that are stored already. It stands beside ingest and the desk, before the identity service.
//
// Events are stamped with the developer of the moment. A stamp may be stale, because the answer that it came from was: that does no harm,
// since every change of an identity's developer becomes an override in the store. Only the first developer of an identity does not, which is why an
// identity that is nobody's is noted in the store before its events are.
package people

import (
	"context"
	"errors"
	"slices"
	"unsafe"

	"github.com/google/uuid"

	"devtrail.dev/kit/auth"
	"devtrail.dev/kit/dial"
	"devtrail.dev/kit/fault"
	identityv1 "devtrail.dev/proto/gen/devtrail/identity/v1"
	"devtrail.dev/services/events"
)

const (
	// maxHints is how many identities one call may resolve.
	maxHints = 5000
	// maxDevelopers is how many developers one call may ask for; a cohort has ten times as many.
	maxDevelopers = 1000
)

// ErrAway says that the identity service cannot be asked. Repeating the call later is right.
var ErrAway = fault.New(fault.Unavailable, "IDENTITY_UNAVAILABLE", "the identity service cannot be reached")

// Hint is an identity with the name that its source shows.
type Hint struct {
	Identity    events.Identity
	DisplayName string
}

// Person is whose an identity is.
type Person struct {
	Identity    events.Identity // canonical
	DeveloperID uuid.UUID       // the zero UUID is nobody
	Refused     error           // of kind Invalid: the identity service does not take the identity
}

// Directory finds whose identities are.
type Directory struct {
	client identityv1.DeveloperServiceClient
	store  events.Store

	recent     recent
	canonical  cache[events.Identity] // by the identity as its source writes it; a fact that never changes
	developers cache[uuid.UUID]       // by the canonical identity
	overtaken  overtaken              // answers that are on their way
}

// NewDirectory returns a directory that asks client and notes in store.
func NewDirectory(client identityv1.DeveloperServiceClient, store events.Store) *Directory {
	return &Directory{client: client, store: store}
}

// Resolve returns whose the identities of the hints are. Identities that can name a person and were never seen get a developer.
// The error is of kind Unavailable when the identity service cannot be asked, and auth.ErrOrganizationNotFound when it does not know the organization.
func (d *Directory) Resolve(ctx context.Context, organization uuid.UUID, hints []Hint) (map[events.Identity]Person, error) {
	people := make(map[events.Identity]Person)
	var misses []Hint
	for _, h := range hints {
		if _, again := people[h.Identity]; again {
			continue
		}
		p, known := d.remembered(key{organization, h.Identity})
		people[h.Identity] = p
		if !known {
			misses = append(misses, h)
		}
	}
	for batch := range slices.Chunk(misses, maxHints) {
		if err := d.resolve(ctx, organization, batch, people); err != nil {
			return nil, err
		}
	}
	return people, nil
}

// Known returns what Resolve would without asking, false when it would ask. It keeps no part of value.
func (d *Directory) Known(organization uuid.UUID, kind events.IdentityKind, value []byte) (Person, bool) {
	if len(value) == 0 {
		return Person{}, false
	}
	k := key{organization, events.Identity{Kind: kind, Value: unsafe.String(&value[0], len(value))}}
	p, changes, known := d.recent.find(k)
	if known {
		return p, true
	}
	if p, known = d.remembered(k); known {
		d.recent.keep(k, p, changes)
	}
	return p, known
}

// remembered is what the caches say.
func (d *Directory) remembered(k key) (Person, bool) {
	canonical, ok := d.canonical.look(k)
	if !ok {
		return Person{}, false
	}
	developer, ok := d.developers.get(key{k.organization, canonical})
	return Person{Identity: canonical, DeveloperID: developer}, ok
}

// resolve asks for the hints and adds the answers to people.
func (d *Directory) resolve(ctx context.Context, organization uuid.UUID, hints []Hint, people map[events.Identity]Person) error {
	began := d.overtaken.begin()
	defer d.overtaken.end(began)
	answers, err := d.ask(ctx, organization, hints)
	if err != nil {
		return err
	}
	var nobodies []Hint
	var notes []events.Reassignment
	for i, a := range answers {
		if a.Refused == nil && a.DeveloperID == uuid.Nil {
			nobodies = append(nobodies, hints[i])
			notes = append(notes, events.Reassignment{Identity: a.Identity})
			continue
		}
		d.remember(began, organization, hints[i].Identity, a)
		people[hints[i].Identity] = a
	}
	if len(notes) == 0 {
		return nil
	}
	// Noted first, then asked again and only then remembered: a developer given between the first answer and the note is seen by one of the two.
	if err := d.store.Reassign(ctx, organization, notes); err != nil {
		return err
	}
	if answers, err = d.ask(ctx, organization, nobodies); err != nil {
		return err
	}
	for i, a := range answers {
		d.remember(began, organization, nobodies[i].Identity, a)
		people[nobodies[i].Identity] = a
	}
	return nil
}

// remember keeps an answer, unless the follower has changed whose the identity is since it was asked for, at a turn: what the follower heard is kept then.
func (d *Directory) remember(began uint64, organization uuid.UUID, raw events.Identity, p Person) {
	if p.Refused != nil {
		return
	}
	d.canonical.set(key{organization, raw}, p.Identity)
	k := key{organization, p.Identity}
	d.overtaken.unless(began, k, func() {
		old, known := d.developers.get(k)
		d.developers.set(k, p.DeveloperID)
		if known && old != p.DeveloperID {
			d.recent.forget()
		}
	})
}

// reassigned takes over what the follower hears. What nobody has asked for lately is not kept.
func (d *Directory) reassigned(organization uuid.UUID, list []events.Reassignment) {
	for _, c := range list {
		k := key{organization, c.Identity}
		d.overtaken.change(k, func(asked bool) {
			if asked {
				d.developers.set(k, c.DeveloperID)
			} else {
				d.developers.update(k, c.DeveloperID)
			}
		})
	}
	d.recent.forget()
}

// forget has everybody asked for again.
func (d *Directory) forget() {
	d.overtaken.changeAll(d.developers.clear)
	d.recent.forget()
}

// ask returns one person a hint, in their order. The identity service refuses a batch as a whole, so a refused one is halved until the guilty stands alone.
func (d *Directory) ask(ctx context.Context, organization uuid.UUID, hints []Hint) ([]Person, error) {
	res, err := d.client.ResolveIdentities(dial.WithOrganization(ctx, organization.String()), &identityv1.ResolveIdentitiesRequest{
		CreateMissing: true,
		Hints:         hintsToProto(hints),
	})
	if err == nil && len(res.GetIdentities()) != len(hints) {
		return nil, ErrAway.With("the identity service answered %d of %d identities", len(res.GetIdentities()), len(hints))
	}
	switch {
	case err == nil:
		return peopleFromProto(res.GetIdentities())
	case errors.Is(err, auth.ErrOrganizationNotFound):
		return nil, unknown(organization, err) // it stays so: nobody is to send again
	case fault.KindOf(err) != fault.Invalid:
		return nil, away(ctx, err)
	case len(hints) == 1:
		return []Person{{Refused: err}}, nil
	}
	first, err := d.ask(ctx, organization, hints[:len(hints)/2])
	if err != nil {
		return nil, err
	}
	second, err := d.ask(ctx, organization, hints[len(hints)/2:])
	if err != nil {
		return nil, err
	}
	return append(first, second...), nil
}

// Survivors returns the developers that the ids stand for now: a merged id stands for the developer it was merged into, an unknown one for itself.
func (d *Directory) Survivors(ctx context.Context, organization uuid.UUID, ids []uuid.UUID) ([]uuid.UUID, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	survivors := slices.Clone(ids)
	for batch := range slices.Chunk(survivors, maxDevelopers) {
		if err := d.survive(ctx, organization, batch); err != nil {
			return nil, err
		}
	}
	return survivors, nil
}

// survive puts survivors in the place of merged ids, of which there are no more than one call may ask for.
func (d *Directory) survive(ctx context.Context, organization uuid.UUID, ids []uuid.UUID) error {
	texts := make([]string, len(ids))
	for i, id := range ids {
		texts[i] = id.String()
	}
	// Without identities: if all were merged into one who has many, the answer would be more than a client takes.
	res, err := d.client.BatchGetDevelopers(dial.WithOrganization(ctx, organization.String()), &identityv1.BatchGetDevelopersRequest{
		DeveloperIds: texts, View: identityv1.DeveloperView_DEVELOPER_VIEW_BASIC,
	})
	if err != nil {
		return away(ctx, err)
	}
	for i, m := range res.GetMatches() {
		if id, err := uuid.Parse(m.GetDeveloper().GetId()); err == nil && i < len(ids) {
			ids[i] = id
		}
	}
	return nil
}

// away turns what the identity service could not do into one error; what the caller has ended stays so.
func away(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return ErrAway.Wrap(err)
}
