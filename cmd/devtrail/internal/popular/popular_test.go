package popular

import (
	"context"
	"fmt"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"

	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
)

// history answers ListEvents from a list, newest first, two events a page.
type history struct {
	eventsv1.EventServiceClient
	events []*eventsv1.Event
	asked  []*eventsv1.EventFilter
}

func (h *history) ListEvents(_ context.Context, r *eventsv1.ListEventsRequest, _ ...grpc.CallOption) (*eventsv1.ListEventsResponse, error) {
	h.asked = append(h.asked, r.GetFilter())
	var at int
	if r.GetPageToken() != "" {
		if _, err := fmt.Sscan(r.GetPageToken(), &at); err != nil {
			return nil, err
		}
	}
	page := &eventsv1.ListEventsResponse{Events: h.events[at:min(at+2, len(h.events))]}
	if at+2 < len(h.events) {
		page.NextPageToken = strconv.Itoa(at + 2)
	}
	return page, nil
}

func event(id, developer string, purls ...string) *eventsv1.Event {
	return &eventsv1.Event{Id: id, DeveloperId: developer, Packages: purls}
}

func TestTheMostPopularPackage(t *testing.T) {
	for _, c := range []struct {
		name   string
		events []*eventsv1.Event
		want   Package
	}{
		{"developers count, not events", []*eventsv1.Event{
			event("1", "ada", "pkg:npm/a@1"), event("2", "ada", "pkg:npm/a@2"), event("3", "ada", "pkg:npm/a@3"),
			event("4", "ada", "pkg:npm/b@1"), event("5", "bo", "pkg:npm/b@2"),
		}, Package{"pkg:npm/b", 2, 2}},
		{"more events break a tie", []*eventsv1.Event{
			event("1", "ada", "pkg:npm/a@1"), event("2", "ada", "pkg:npm/b@1"), event("3", "ada", "pkg:npm/b@2"),
		}, Package{"pkg:npm/b", 1, 2}},
		{"two versions in an event are one touch", []*eventsv1.Event{
			event("1", "ada", "pkg:npm/b@1", "pkg:npm/b@2"), event("2", "", "pkg:npm/a@1"), event("3", "ada", "pkg:npm/a@1"),
		}, Package{"pkg:npm/a", 1, 2}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, ok, err := Find(t.Context(), &history{events: c.events}, "p")
			require.NoError(t, err)
			require.True(t, ok)
			require.Equal(t, c.want, got)
		})
	}
	_, ok, err := Find(t.Context(), &history{}, "p")
	require.NoError(t, err)
	require.False(t, ok)
}

func TestTheFirstAddition(t *testing.T) {
	h := &history{events: []*eventsv1.Event{event("3", "ada"), event("2", "ada"), event("1", "bo")}}
	got, err := FirstAdded(t.Context(), h, "p", "pkg:npm/a")
	require.NoError(t, err)
	require.Equal(t, "1", got.GetId())
	require.Equal(t, []string{"pkg:npm/a"}, h.asked[0].GetPackages())
	none, err := FirstAdded(t.Context(), &history{}, "p", "pkg:npm/a")
	require.NoError(t, err)
	require.Nil(t, none)
}
