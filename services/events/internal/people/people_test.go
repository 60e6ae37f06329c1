package people

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"

	identityv1 "devtrail.dev/proto/gen/devtrail/identity/v1"
	"devtrail.dev/services/events"
	"devtrail.dev/services/events/internal/identitytest"
	"devtrail.dev/services/events/internal/memory"
)

// slow is an identity service that has decided on its answer when something happens.
type slow struct {
	identityv1.DeveloperServiceClient
	answer uuid.UUID
	during func()
}

func (s *slow) ResolveIdentities(_ context.Context, r *identityv1.ResolveIdentitiesRequest, _ ...grpc.CallOption) (*identityv1.ResolveIdentitiesResponse, error) {
	res := &identityv1.ResolveIdentitiesResponse{Identities: []*identityv1.ResolvedIdentity{{Identity: r.GetHints()[0].GetIdentity(), DeveloperId: s.answer.String()}}}
	s.during()
	return res, nil
}

func TestAnAnswerThatAChangeHasOvertakenIsNotRemembered(t *testing.T) {
	t.Parallel()
	store := memory.New(time.Now)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	organization, ada, bob := uuid.New(), uuid.New(), uuid.New()
	identity := events.Identity{Kind: 1, Value: "ada@example.org"}
	service := &slow{answer: ada}
	d := NewDirectory(service, store)
	f := NewFollower(d, joinNobody, slog.New(slog.DiscardHandler))
	service.during = func() {
		require.NoError(t, f.apply(t.Context(), &identityv1.WatchIdentitiesResponse{Sequence: 7, Changes: []*identityv1.IdentityChange{{
			DeveloperId: bob.String(), Identity: &identityv1.Identity{Kind: 1, Value: identity.Value}, OrganizationId: organization.String(),
			PreviousDeveloperId: ada.String(), Sequence: 7,
		}}}, 0))
	}
	people, err := d.Resolve(t.Context(), organization, []Hint{{Identity: identity}})
	require.NoError(t, err)
	require.Equal(t, ada, people[identity].DeveloperID, "what the store has of it is put right by the change")
	person, known := d.Known(organization, identity.Kind, []byte(identity.Value))
	require.True(t, known)
	require.Equal(t, bob, person.DeveloperID)
}

// Where the follower begins, it does not know what was changed before: an answer that was asked for before may be of before that.
func TestAnAnswerThatTheBeginOfFollowingHasOvertakenIsNotRemembered(t *testing.T) {
	t.Parallel()
	organization, ada, bob := uuid.New(), uuid.New(), uuid.New()
	identity := events.Identity{Kind: 1, Value: "ada@example.org"}
	service := &slow{answer: ada}
	d := NewDirectory(service, nil)
	service.during = d.forget
	for _, want := range []bool{false, true} {
		_, err := d.Resolve(t.Context(), organization, []Hint{{Identity: identity}})
		require.NoError(t, err)
		person, known := d.Known(organization, identity.Kind, []byte(identity.Value))
		require.Equal(t, want, known)
		if want {
			require.Equal(t, bob, person.DeveloperID)
		}
		service.answer, service.during = bob, func() {}
	}
}

// What is remembered in front of the caches must not outlive a change, be it heard or be it another answer.
func TestWhoWasMetLatelyIsForgottenWithAChange(t *testing.T) {
	t.Parallel()
	store := memory.New(time.Now)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	organization, other, ada, bob, cyd := uuid.New(), uuid.New(), uuid.New(), uuid.New(), uuid.New()
	identity := events.Identity{Kind: 1, Value: "ada@example.org"}
	service := &slow{answer: ada, during: func() {}}
	d := NewDirectory(service, store)
	known := func(organization uuid.UUID) uuid.UUID {
		p, is := d.Known(organization, identity.Kind, []byte(identity.Value))
		if !is {
			return uuid.Nil
		}
		again, is := d.Known(organization, identity.Kind, []byte(identity.Value))
		require.True(t, is)
		require.Equal(t, p, again)
		return p.DeveloperID
	}
	require.Equal(t, uuid.Nil, known(organization))
	_, err := d.Resolve(t.Context(), organization, []Hint{{Identity: identity}})
	require.NoError(t, err)
	require.Equal(t, ada, known(organization))
	require.Equal(t, uuid.Nil, known(other), "it is known of one organization")
	d.reassigned(organization, []events.Reassignment{{DeveloperID: bob, Identity: identity}})
	require.Equal(t, bob, known(organization))
	d.remember(d.overtaken.begin(), organization, identity, Person{DeveloperID: cyd, Identity: identity})
	require.Equal(t, cyd, known(organization))
}

// A cohort may list more developers than the identity service tells in one answer.
func TestSurvivorsOfMoreThanOneCallMayAskFor(t *testing.T) {
	t.Parallel()
	service, client := identitytest.Start(t)
	organization, target := uuid.New(), uuid.New()
	ids := make([]uuid.UUID, 2500)
	for i := range ids {
		ids[i] = uuid.New()
	}
	want := slices.Clone(ids)
	for _, i := range []int{0, 999, 1000, 1999, 2000, 2499} {
		service.Merge(organization.String(), target.String(), ids[i].String())
		want[i] = target
	}
	asked := slices.Clone(ids)
	got, err := NewDirectory(client, nil).Survivors(t.Context(), organization, ids)
	require.NoError(t, err)
	require.Equal(t, want, got)
	require.Equal(t, asked, ids, "what was asked for is its owner's")
}

// hurried is an identity service of which all are asked for without what they have: of many who were merged into one that would be more than a client takes.
type hurried struct {
	identityv1.DeveloperServiceClient
	asked int
}

func (h *hurried) BatchGetDevelopers(_ context.Context, r *identityv1.BatchGetDevelopersRequest, _ ...grpc.CallOption) (*identityv1.BatchGetDevelopersResponse, error) {
	if r.GetView() != identityv1.DeveloperView_DEVELOPER_VIEW_BASIC {
		return nil, errors.New("too large")
	}
	h.asked++
	return new(identityv1.BatchGetDevelopersResponse), nil
}

func TestSurvivorsAreAskedForWithoutTheirIdentities(t *testing.T) {
	t.Parallel()
	service := new(hurried)
	_, err := NewDirectory(service, nil).Survivors(t.Context(), uuid.New(), []uuid.UUID{uuid.New()})
	require.NoError(t, err)
	require.Equal(t, 1, service.asked)
}

func TestMeetingSomebodyAgainAllocatesNothing(t *testing.T) {
	store := memory.New(time.Now)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	organization, identity := uuid.New(), events.Identity{Kind: 1, Value: "ada@example.org"}
	d := NewDirectory(&slow{}, store)
	d.remember(d.overtaken.begin(), organization, identity, Person{DeveloperID: uuid.New(), Identity: identity})
	value := []byte(identity.Value)
	require.Zero(t, testing.AllocsPerRun(100, func() { d.Known(organization, identity.Kind, value) }))
}

func TestChangesAreKeptForAnswersOnTheirWay(t *testing.T) {
	t.Parallel()
	var o overtaken
	organization := uuid.New()
	change := func() (k key, asked bool) {
		k = key{organization, events.Identity{Kind: 1, Value: uuid.NewString()}}
		o.change(k, func(a bool) { asked = a })
		return k, asked
	}
	remembered := func(k key) (done bool) {
		o.unless(o.turn, k, func() { done = true })
		return done
	}
	_, asked := change()
	require.False(t, asked)
	first := o.begin()
	early, asked := change()
	require.True(t, asked)
	second := o.begin()
	late, _ := change()
	for range 2 * manyChanges {
		change()
	}
	o.end(first)
	require.True(t, remembered(early), "it is older than all answers on their way")
	require.False(t, remembered(late))
	o.end(second)
	require.True(t, remembered(late))
	require.Empty(t, o.changed)
}

// A merge is heard of again until its properties are joined: the position is remembered after that.
func TestAChangeCountsAsFollowedOnceItsDevelopersWereLookedAt(t *testing.T) {
	t.Parallel()
	store := memory.New(time.Now)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	organization, ada, bob, cyd := uuid.New(), uuid.UUID{15: 1}, uuid.UUID{15: 2}, uuid.UUID{15: 3}
	var looked [][]uuid.UUID
	var failure error = ErrAway
	f := NewFollower(NewDirectory(nil, store), func(_ context.Context, of uuid.UUID, ids []uuid.UUID) error {
		require.Equal(t, organization, of)
		looked = append(looked, ids)
		if len(looked) == 1 {
			return failure
		}
		return nil
	}, slog.New(slog.DiscardHandler))
	change := func(sequence int64, value string, previous, developer uuid.UUID) *identityv1.IdentityChange {
		c := &identityv1.IdentityChange{
			DeveloperId: developer.String(), Identity: &identityv1.Identity{Kind: 1, Value: value}, OrganizationId: organization.String(), Sequence: sequence,
		}
		if previous != uuid.Nil {
			c.PreviousDeveloperId = previous.String()
		}
		return c
	}
	message := &identityv1.WatchIdentitiesResponse{Sequence: 4, Changes: []*identityv1.IdentityChange{
		change(1, "a@example.org", bob, ada), change(2, "b@example.org", bob, ada), change(3, "c@example.org", uuid.Nil, cyd), change(4, "d@example.org", cyd, cyd),
	}}
	for i, want := range []int64{0, 4} {
		err := f.apply(t.Context(), message, 0)
		if i == 0 {
			require.ErrorIs(t, err, failure)
		} else {
			require.NoError(t, err)
		}
		sequence, err := store.Sequence(t.Context())
		require.NoError(t, err)
		require.Equal(t, want, sequence)
	}
	require.Equal(t, [][]uuid.UUID{{ada, bob}, {ada, bob}}, looked)
	// What would fail again and again is told, and holds up nothing else.
	looked, failure = nil, errors.New("damaged")
	message.Sequence = 5
	require.NoError(t, f.apply(t.Context(), message, 4))
	sequence, err := store.Sequence(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, 5, sequence)
}

// joinNobody is for tests in which nobody has properties.
func joinNobody(context.Context, uuid.UUID, []uuid.UUID) error { return nil }
