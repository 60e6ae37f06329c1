package main

import (
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/types/known/timestamppb"

	"devtrail.dev/cmd/devtrail/internal/people"
	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
)

// TailEvents sends what was captured, once, and says that some were missed.
func (s *services) TailEvents(_ *eventsv1.TailEventsRequest, stream eventsv1.EventService_TailEventsServer) error {
	if err := stream.Send(&eventsv1.TailEventsResponse{}); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return stream.Send(&eventsv1.TailEventsResponse{Events: s.events, SkippedCount: 7})
}

func TestTail(t *testing.T) {
	home(t)
	s := startServices(t)
	for _, name := range []string{"package.added", "commit.authored", "never.shown"} {
		s.events = append(s.events, &eventsv1.Event{
			Name: name, DeveloperId: adaID, OccurredAt: timestamppb.New(time.Date(2024, 5, 6, 7, 8, 9, 0, time.UTC)), Packages: []string{"pkg:npm/left-pad@1.0"},
			Project: "local/tool",
		})
	}
	out, err := devtrail(t, at(s, "tail", "--count", "2", "--time-zone", "Europe/Berlin")...)
	require.NoError(t, err)
	require.Equal(t, "skipped 7 events\n"+
		"2024-05-06 09:08  package.added     Ada Lovelace              local/tool                        pkg:npm/left-pad@1.0\n"+
		"2024-05-06 09:08  commit.authored   Ada Lovelace              local/tool                        pkg:npm/left-pad@1.0\n", out)

	out, err = devtrail(t, at(s, "tail", "--json", "--count", "1")...)
	require.NoError(t, err)
	require.Contains(t, out, `"package.added"`)

	out, err = devtrail(t, at(s, "tail")...)
	require.NoError(t, err, "the server's end is an end")
	require.Contains(t, out, "never.shown")
}

// A watch lasts for days, and most of what it shows may be nobody's or of developers without a name.
func TestAWatchKeepsOneConnectionToAService(t *testing.T) {
	home(t)
	s := startServices(t)
	flags := queryFlags{connect: connectFlags{key: testKey, addresses: map[string]*string{"events": &s.address, "identity": &s.address}}}
	ask, err := flags.ask()
	require.NoError(t, err)
	defer ask.Close()
	watch := watcher{ask: ask, names: people.Names{}, out: io.Discard, zone: time.UTC}
	for range 10 {
		require.NoError(t, watch.print(t.Context(), []*eventsv1.Event{{Name: "package.viewed"}, {Name: "package.viewed", DeveloperId: "0198c0de-0000-7000-8000-00000000dead"}}))
	}
	require.Len(t, ask.conns, 1)
}
