package catalog_test

import (
	"context"
	"strconv"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/fault"
	"devtrail.dev/services/events/catalog"
	"devtrail.dev/services/events/internal/memory"
)

var (
	org = uuid.MustParse("5d0c3a5e-0000-4000-8000-000000000001")
	now = time.Date(2026, 5, 1, 12, 0, 0, 123456789, time.UTC)
)

func newKeeper(t *testing.T) (*catalog.Keeper, *memory.Store) {
	t.Helper()
	clock := func() time.Time { return now }
	store := memory.New(clock)
	return catalog.NewKeeper(store, clock), store
}

func made(t *testing.T, k *catalog.Keeper, item catalog.Item) catalog.Item {
	t.Helper()
	item, err := k.Create(t.Context(), org, item, "")
	require.NoError(t, err)
	return item
}

func TestItemsAreCreatedOnce(t *testing.T) {
	t.Parallel()
	k, store := newKeeper(t)
	request := uuid.NewString()
	first, err := k.Create(t.Context(), org, catalog.Item{Kind: catalog.Action, Name: "a", Body: []byte("1")}, request)
	require.NoError(t, err)
	require.EqualValues(t, 1, first.Revision)
	require.Equal(t, now.Truncate(time.Microsecond), first.CreatedAt)
	again, err := k.Create(t.Context(), org, catalog.Item{Kind: catalog.Action, Name: "b", Body: []byte("2")}, request)
	require.NoError(t, err)
	require.Equal(t, first, again, "a request that is sent again makes nothing")
	other, err := k.Create(t.Context(), org, catalog.Item{Kind: catalog.Cohort, Name: "a"}, request)
	require.NoError(t, err)
	require.NotEqual(t, first.ID, other.ID, "another kind may have the name and the request")
	got, err := store.Item(t.Context(), org, catalog.Action, first.ID)
	require.NoError(t, err)
	require.Equal(t, first, got)
}

// late is a store in which another instance makes something after this one has looked for it.
type late struct {
	*memory.Store
	other func()
}

func (s *late) Heads(ctx context.Context, organization uuid.UUID, kinds ...catalog.Kind) ([]catalog.Item, error) {
	if other := s.other; other != nil {
		s.other = nil
		other()
	}
	return s.Store.Heads(ctx, organization, kinds...)
}

func TestARequestThatTwoInstancesGetMakesOneItem(t *testing.T) {
	t.Parallel()
	k, store := newKeeper(t)
	request, draft := uuid.NewString(), catalog.Item{Kind: catalog.Action, Name: "a"}
	var first catalog.Item
	behind := catalog.NewKeeper(&late{store, func() {
		var err error
		first, err = k.Create(t.Context(), org, draft, request)
		require.NoError(t, err)
	}}, func() time.Time { return now.Add(time.Second) })
	second, err := behind.Create(t.Context(), org, draft, request)
	require.NoError(t, err)
	require.Equal(t, first, second)
	require.NoError(t, k.Delete(t.Context(), org, catalog.Action, first.ID, 0))
	_, err = k.Create(t.Context(), org, draft, request)
	require.ErrorIs(t, err, catalog.ErrItemNotFound, "trying again would not help")
}

func TestWhatAnItemIsCalled(t *testing.T) {
	t.Parallel()
	k, _ := newKeeper(t)
	made(t, k, catalog.Item{Kind: catalog.Action, Name: "taken"})
	for want, item := range map[string]catalog.Item{
		"name":        {Kind: catalog.Action, Name: "a\x00"},
		"description": {Kind: catalog.Action, Name: "a", Description: "\xff"},
	} {
		_, err := k.Create(t.Context(), org, item, "")
		var f *fault.Fault
		require.ErrorAs(t, err, &f)
		require.Equal(t, want, f.FieldPath())
	}
	_, err := k.Create(t.Context(), org, catalog.Item{Kind: catalog.Action}, "")
	require.ErrorIs(t, err, fault.Invalid)
	_, err = k.Create(t.Context(), org, catalog.Item{Kind: catalog.Action, Name: "taken"}, "")
	require.ErrorIs(t, err, catalog.ErrNameTaken)
}

func TestNothingUsesItself(t *testing.T) {
	t.Parallel()
	k, _ := newKeeper(t)
	a := made(t, k, catalog.Item{Kind: catalog.Cohort, Name: "a"})
	b := made(t, k, catalog.Item{Kind: catalog.Cohort, Name: "b", Uses: []uuid.UUID{a.ID}})
	c := made(t, k, catalog.Item{Kind: catalog.Cohort, Name: "c", Uses: []uuid.UUID{b.ID}})
	for _, uses := range []uuid.UUID{a.ID, b.ID, c.ID} {
		_, err := k.Update(t.Context(), org, catalog.Cohort, a.ID, 0, func(i *catalog.Item) error {
			i.Uses = []uuid.UUID{uses}
			return nil
		})
		require.ErrorIs(t, err, catalog.ErrCycle)
		require.ErrorContains(t, err, "a uses ")
	}
	require.ErrorIs(t, k.Delete(t.Context(), org, catalog.Cohort, b.ID, 0), catalog.ErrItemInUse)
	require.NoError(t, k.Delete(t.Context(), org, catalog.Cohort, c.ID, 0))
	require.NoError(t, k.Delete(t.Context(), org, catalog.Cohort, b.ID, 0))
	require.ErrorIs(t, k.Delete(t.Context(), org, catalog.Cohort, b.ID, 0), catalog.ErrItemNotFound)
}

func TestInternalFiltersKeepWhatTheyUse(t *testing.T) {
	t.Parallel()
	k, _ := newKeeper(t)
	a := made(t, k, catalog.Item{Kind: catalog.Cohort, Name: "a"})
	set := func(uses ...uuid.UUID) {
		_, err := k.Put(t.Context(), org, catalog.InternalFilters, uuid.Nil, 0, func(i *catalog.Item) (bool, error) {
			i.Uses = uses
			return true, nil
		})
		require.NoError(t, err)
	}
	set(a.ID)
	require.ErrorIs(t, k.Delete(t.Context(), org, catalog.Cohort, a.ID, 0), catalog.ErrItemInUse)
	set()
	require.NoError(t, k.Delete(t.Context(), org, catalog.Cohort, a.ID, 0))
}

func TestRevisions(t *testing.T) {
	t.Parallel()
	k, _ := newKeeper(t)
	a := made(t, k, catalog.Item{Kind: catalog.Action, Name: "a"})
	rename := func(revision int64, name string) error {
		_, err := k.Update(t.Context(), org, catalog.Action, a.ID, revision, func(i *catalog.Item) error {
			i.Name = name
			return nil
		})
		return err
	}
	require.NoError(t, rename(1, "b"))
	require.ErrorIs(t, rename(1, "c"), catalog.ErrItemChanged)
	require.NoError(t, rename(0, "c"))
	require.ErrorIs(t, k.Delete(t.Context(), org, catalog.Action, a.ID, 2), catalog.ErrItemChanged)
	require.NoError(t, k.Delete(t.Context(), org, catalog.Action, a.ID, 3))
}

func TestThereIsALimit(t *testing.T) {
	t.Parallel()
	k, _ := newKeeper(t)
	for i := range catalog.MaxItems {
		made(t, k, catalog.Item{Kind: catalog.Action, Name: strconv.Itoa(i)})
	}
	_, err := k.Create(t.Context(), org, catalog.Item{Kind: catalog.Action, Name: "one more"}, "")
	require.ErrorIs(t, err, catalog.ErrItemLimit)
	made(t, k, catalog.Item{Kind: catalog.Cohort, Name: "another kind"})
}
