package joining_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"devtrail.dev/services/events/catalog"
	"devtrail.dev/services/events/insight"
	"devtrail.dev/services/events/internal/joining"
	"devtrail.dev/services/events/internal/memory"
	"devtrail.dev/services/events/internal/people"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// town is a store with two developers of each of some organizations, who are one.
type town struct {
	*memory.Store
	keeper     *catalog.Keeper
	ada, bo    uuid.UUID
	everywhere []uuid.UUID
}

func setup(t *testing.T, organizations int) *town {
	t.Helper()
	store := memory.New(time.Now)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	s := &town{Store: store, keeper: catalog.NewKeeper(store, time.Now), ada: uuid.New(), bo: uuid.New()}
	for range organizations {
		organization := uuid.New()
		s.everywhere = append(s.everywhere, organization)
		for who, object := range map[uuid.UUID]string{s.ada: `{"team":"core"}`, s.bo: `{"lang":"go"}`} {
			update, err := insight.NewUpdate(time.Now(), object, "")
			require.NoError(t, err)
			_, _, err = insight.UpdateDeveloper(t.Context(), store, s.keeper, organization, who, update)
			require.NoError(t, err)
		}
	}
	return s
}

// Organizations lists them in one order.
func (s *town) Organizations(context.Context) ([]uuid.UUID, error) { return s.everywhere, nil }

// joined tells whether bo is known to be ada.
func (s *town) joined(t *testing.T, organization uuid.UUID) bool {
	t.Helper()
	item, err := s.Item(t.Context(), organization, catalog.DeveloperState, s.bo)
	require.NoError(t, err)
	d, err := catalog.ReadDeveloper(item.Body)
	require.NoError(t, err)
	return d.Into == s.ada
}

func TestAnOrganizationThatCannotBeJoinedHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	s := setup(t, 3)
	j := joining.New(s, s.keeper, func(_ context.Context, organization uuid.UUID, ids []uuid.UUID) ([]uuid.UUID, error) {
		if organization == s.everywhere[0] {
			return nil, people.ErrAway
		}
		survivors := make([]uuid.UUID, len(ids))
		for i := range ids {
			survivors[i] = s.ada
		}
		return survivors, nil
	})
	err := j.JoinAll(t.Context())
	require.ErrorIs(t, err, people.ErrAway)
	require.ErrorContains(t, err, s.everywhere[0].String())
	require.False(t, s.joined(t, s.everywhere[0]))
	require.True(t, s.joined(t, s.everywhere[1]))
	require.True(t, s.joined(t, s.everywhere[2]))
}

func TestNobodyIsAskedForTwice(t *testing.T) {
	t.Parallel()
	s := setup(t, 1)
	var asked []uuid.UUID
	j := joining.New(s, s.keeper, func(_ context.Context, _ uuid.UUID, ids []uuid.UUID) ([]uuid.UUID, error) {
		asked = ids
		survivors := make([]uuid.UUID, len(ids))
		for i := range ids {
			survivors[i] = s.ada
		}
		return survivors, nil
	})
	for range 2 { // from the second time on it is known into whom she was merged
		require.NoError(t, j.JoinAll(t.Context()))
		require.ElementsMatch(t, []uuid.UUID{s.ada, s.bo}, asked)
	}
}

func TestFailuresOfManyOrganizationsAreNotAllTold(t *testing.T) {
	t.Parallel()
	j := joining.New(setup(t, 13), nil, func(context.Context, uuid.UUID, []uuid.UUID) ([]uuid.UUID, error) { return nil, people.ErrAway })
	require.ErrorContains(t, j.JoinAll(t.Context()), "and 3 organizations more")
}
