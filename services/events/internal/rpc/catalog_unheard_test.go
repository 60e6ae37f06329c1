package rpc_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/fault"
	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
	"devtrail.dev/services/events/catalog"
	"devtrail.dev/services/events/insight"
	"devtrail.dev/services/events/internal/joining"
)

// unheard are two developers with properties of whom one has no identity, so that what becomes of her is announced to nobody; both are one now.
func unheard(t *testing.T) (b *bundle, ada, bo string) {
	t.Helper()
	b = setup(t)
	b.capture(event(1, by(email, "ada@example.org")))
	ada, bo = b.list(&eventsv1.ListEventsRequest{})[0].GetDeveloperId(), "5d0c3a5e-0000-4000-8000-00000000000a"
	b.set(ada, 0, `{"lang":"go"}`)
	b.set(bo, 0, `{"team":"core"}`)
	b.identity.Merge(acme, ada, bo)
	require.NoError(t, b.desk.Joiner.JoinAll(t.Context()))
	require.Equal(t, 1, b.passing(theirs("team", "core")))
	return b, ada, bo
}

func TestAMergeThatIsMadeTheOtherWayRound(t *testing.T) {
	t.Parallel()
	b, ada, bo := unheard(t)
	b.identity.Undo(acme, bo)
	b.identity.Merge(acme, bo, ada)
	require.Eventually(t, func() bool {
		return b.propertiesOf(ada).GetDeveloperId() == bo && b.passing(theirs("team", "core")) == 1
	}, soon, time.Millisecond)
	require.Eventually(t, func() bool { return b.passing(theirs("lang", "go")) == 1 }, soon, time.Millisecond)
	for _, developer := range []string{ada, bo} {
		require.JSONEq(t, `{"lang":"go","team":"core"}`, b.propertiesOf(developer).GetPropertiesJson())
	}
	require.JSONEq(t, `{"lang":"go","team":"web"}`, b.set(ada, 1, `{"team":"web"}`).GetPropertiesJson())
}

// Who asks for a developer is told of what became of her, also before it was looked at.
func TestAnUndoIsSeenByWhoAsks(t *testing.T) {
	t.Parallel()
	b, ada, bo := unheard(t)
	b.identity.Undo(acme, bo)
	updated := b.set(bo, 1, `{"late":1}`)
	require.Equal(t, bo, updated.GetDeveloperId())
	require.JSONEq(t, `{"late":1,"team":"core"}`, updated.GetPropertiesJson())
	require.JSONEq(t, `{"lang":"go"}`, b.propertiesOf(ada).GetPropertiesJson())
	require.Zero(t, b.passing(theirs("team", "core")))
}

// blind is a store that does not show once what became of properties.
type blind struct {
	insight.Engine
	failed bool
}

var errBlind = errors.New("not shown")

func (s *blind) SetDeveloperProperties(ctx context.Context, organization uuid.UUID, list []insight.DeveloperProperties) error {
	if !s.failed {
		s.failed = true
		return errBlind
	}
	return s.Engine.SetDeveloperProperties(ctx, organization, list)
}

func TestAnUndoIsShownHoweverOftenItFails(t *testing.T) {
	t.Parallel()
	b, _, bo := unheard(t)
	b.identity.Undo(acme, bo)
	survivors := func(_ context.Context, _ uuid.UUID, ids []uuid.UUID) ([]uuid.UUID, error) { return ids, nil }
	joiner := joining.New(&blind{Engine: b.store}, catalog.NewKeeper(b.store, time.Now), survivors)
	require.ErrorIs(t, joiner.JoinAll(t.Context()), errBlind)
	require.NoError(t, joiner.JoinAll(t.Context()))
	require.Zero(t, b.passing(theirs("team", "core")))
}

// One whose properties cannot be read holds up nobody else.
func TestADamagedDeveloperHoldsUpNobody(t *testing.T) {
	t.Parallel()
	b, _, bo := unheard(t)
	b.identity.Undo(acme, bo)
	keeper := catalog.NewKeeper(b.store, time.Now)
	for _, id := range []uuid.UUID{{15: 1}, {0: 0xff}} { // before the others, and behind them
		_, err := keeper.Put(t.Context(), uuid.MustParse(acme), catalog.DeveloperState, id, 0, func(i *catalog.Item) (bool, error) {
			i.Body = []byte("[damaged")
			return true, nil
		})
		require.NoError(t, err)
	}
	require.ErrorContains(t, b.desk.Joiner.JoinAll(t.Context()), "developer 00000000-0000-0000-0000-000000000001")
	require.Zero(t, b.passing(theirs("team", "core")))
}

// Events that are nobody's have no properties of anybody.
func TestNobodyHasNoProperties(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.capture(event(1), event(2, by(email, "ada@example.org")))
	nobody := uuid.Nil.String()
	_, err := b.catalog.UpdateDeveloperProperties(b.as("admin"), &eventsv1.UpdateDeveloperPropertiesRequest{DeveloperId: nobody, SetJson: `{"team":"core"}`})
	requireField(t, err, fault.Invalid, "developer_id")
	require.Zero(t, b.passing(theirs("team", "core")))
	_, err = b.catalog.GetDeveloperProperties(b.as("analyst"), &eventsv1.GetDeveloperPropertiesRequest{DeveloperId: nobody})
	requireField(t, err, fault.Invalid, "developer_id")
}
