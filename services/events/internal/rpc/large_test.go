package rpc_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
	"devtrail.dev/services/events"
)

// large is twelve events of a MiB, newest first, and their ids. A client takes four of them at once.
func large() (list []events.Event, ids []string) {
	for n := range byte(12) {
		list = append(list, events.Event{
			ID: uuid.UUID{15: 12 - n}, Name: "push", OccurredAt: noon.Add(-time.Duration(n) * time.Minute), Packages: []string{"pkg:npm/left-pad"}, ReceivedAt: noon,
			Properties: fmt.Sprintf(`{"payload":%q}`, strings.Repeat("x", 1<<20)), Source: events.Source{Kind: events.SourceGit},
		})
		ids = append(ids, id(12-n))
	}
	return list, ids
}

// walk asks for page after page, as a client does who was told nothing of sizes, and returns the pages joined and how many they were.
func walk(t *testing.T, ask func(token string) (ids []string, next string, err error)) (all []string, pages int) {
	t.Helper()
	for token := ""; pages == 0 || token != ""; pages++ {
		ids, next, err := ask(token)
		require.NoError(t, err)
		all, token = append(all, ids...), next
	}
	return all, pages
}

// each is what one tells of every element of a list.
func each[E any](list []E, tell func(E) string) (told []string) {
	for _, e := range list {
		told = append(told, tell(e))
	}
	return told
}

func TestPagesOfLargeEventsAreShort(t *testing.T) {
	t.Parallel()
	b := setup(t)
	list, all := large()
	_, err := b.store.Append(t.Context(), uuid.MustParse(acme), list)
	require.NoError(t, err)
	ids, pages := walk(t, func(token string) ([]string, string, error) {
		res, err := b.event.ListEvents(b.as("analyst"), &eventsv1.ListEventsRequest{PageSize: 12, PageToken: token})
		return each(res.GetEvents(), (*eventsv1.Event).GetId), res.GetNextPageToken(), err
	})
	require.Equal(t, all, ids)
	require.Equal(t, 6, pages)

	basic, err := b.event.ListEvents(b.as("analyst"), &eventsv1.ListEventsRequest{PageSize: 12, View: eventsv1.EventView_EVENT_VIEW_BASIC})
	require.NoError(t, err)
	require.Len(t, basic.GetEvents(), 12, "without what makes them large")

	exposure, err := b.event.GetExposure(b.as("analyst"), &eventsv1.GetExposureRequest{Purl: "pkg:npm/left-pad", EvidenceLimit: 12})
	require.NoError(t, err)
	require.EqualValues(t, 12, exposure.GetSighting().GetEventCount())
	require.Len(t, exposure.GetEvidence(), 2)
	require.Equal(t, all[0], exposure.GetEvidence()[0].GetId())
}

func TestPagesOfLargeDeadLettersAreShort(t *testing.T) {
	t.Parallel()
	b := setup(t)
	list, all := large()
	b.bury(list...)
	ids, _ := walk(t, func(token string) ([]string, string, error) {
		res, err := b.admin.ListDeadLetters(b.as("admin"), &eventsv1.ListDeadLettersRequest{PageSize: 12, PageToken: token})
		return each(res.GetDeadLetters(), (*eventsv1.DeadLetter).GetId), res.GetNextPageToken(), err
	})
	require.Equal(t, all, ids)
}

func TestPagesOfLargeItemsAreShort(t *testing.T) {
	t.Parallel()
	b := setup(t)
	values := make([]string, 1000)
	for i := range values {
		values[i] = fmt.Sprintf("%04d%s", i, strings.Repeat("x", 1000))
	}
	var all []string
	for n := range 6 {
		a := b.action(fmt.Sprint("large ", n), &eventsv1.ActionStep{Properties: []*eventsv1.PropertyFilter{{Key: "branch", Operator: eventsv1.PropertyOperator_PROPERTY_OPERATOR_EXACT, Values: values}}})
		all = append(all, a.GetName())
	}
	names, pages := walk(t, func(token string) ([]string, string, error) {
		res, err := b.catalog.ListActions(b.as("analyst"), &eventsv1.ListActionsRequest{PageSize: 6, PageToken: token})
		return each(res.GetActions(), (*eventsv1.Action).GetName), res.GetNextPageToken(), err
	})
	require.Equal(t, all, names)
	require.Equal(t, 2, pages)
}
