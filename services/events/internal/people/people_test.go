package people

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"

	identityv1 "devtrail.dev/proto/gen/devtrail/identity/v1"
	"devtrail.dev/services/events"
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
	f := NewFollower(d, slog.New(slog.DiscardHandler))
	service.during = func() {
		service.during, service.answer = func() {}, bob
		require.NoError(t, f.apply(t.Context(), &identityv1.WatchIdentitiesResponse{Sequence: 7, Changes: []*identityv1.IdentityChange{{
			DeveloperId: bob.String(), Identity: &identityv1.Identity{Kind: 1, Value: identity.Value}, OrganizationId: organization.String(),
			PreviousDeveloperId: ada.String(), Sequence: 7,
		}}}, 0))
	}
	for _, want := range []uuid.UUID{ada, bob} { // what the store has of the first is put right by the change
		people, err := d.Resolve(t.Context(), organization, []Hint{{Identity: identity}})
		require.NoError(t, err)
		require.Equal(t, want, people[identity].DeveloperID)
	}
	person, known := d.Known(organization, identity.Kind, []byte(identity.Value))
	require.True(t, known)
	require.Equal(t, bob, person.DeveloperID)
}
