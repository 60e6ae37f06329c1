package main

import (
	"context"
	"io"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/types/known/timestamppb"

	"devtrail.dev/cmd/devtrail/internal/people"
	"devtrail.dev/kit/fault"
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

func TestTailRefusesACountThatWatchesNothing(t *testing.T) {
	home(t)
	_, err := devtrail(t, at(startServices(t), "tail", "--count", "-1")...)
	require.EqualError(t, err, "--count: -1 is less than 0")
}

// watching is a watch of what comes from services.
func watching(t *testing.T, s *services, out io.Writer) *watcher {
	t.Helper()
	flags := queryFlags{connect: connectFlags{key: testKey, addresses: map[string]*string{"events": &s.address, "identity": &s.address}}}
	ask, err := flags.ask()
	require.NoError(t, err)
	t.Cleanup(ask.Close)
	return &watcher{ask: ask, names: people.Names{}, out: out, zone: time.UTC}
}

// A watch outlives the identity service, without which only names are not known.
func TestAWatchGoesOnWithoutNames(t *testing.T) {
	home(t)
	s := startServices(t)
	var away atomic.Bool
	s.away = func(context.Context) error {
		if away.Load() {
			return fault.ToStatus(fault.New(fault.Unavailable, "AWAY", "the service is away"), "test").Err()
		}
		return nil
	}
	var out strings.Builder
	watch := watching(t, s, &out)
	list := []*eventsv1.Event{{Name: "package.viewed", DeveloperId: adaID}}
	away.Store(true)
	require.NoError(t, watch.print(t.Context(), list))
	require.Contains(t, out.String(), adaID[:8])
	require.NotContains(t, out.String(), "Ada")
	away.Store(false)
	require.NoError(t, watch.print(t.Context(), list))
	require.Contains(t, out.String(), "Ada Lovelace", "it is asked again")
}

// Ctrl-C comes while a name is asked for.
func TestCtrlCEndsAWatchThatAsksForNames(t *testing.T) {
	home(t)
	s := startServices(t)
	s.events = []*eventsv1.Event{{Name: "package.viewed", DeveloperId: adaID}}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	s.away = func(asked context.Context) error {
		cancel()
		<-asked.Done()
		return asked.Err()
	}
	cmd := newRootCommand()
	cmd.SetArgs(at(s, "tail"))
	cmd.SetOut(io.Discard)
	cmd.SetErr(io.Discard)
	require.NoError(t, cmd.ExecuteContext(ctx))
}

// A watch lasts for days, and most of what it shows may be nobody's or of developers without a name.
func TestAWatchKeepsOneConnectionToAService(t *testing.T) {
	home(t)
	s := startServices(t)
	watch := watching(t, s, io.Discard)
	for range 10 {
		require.NoError(t, watch.print(t.Context(), []*eventsv1.Event{{Name: "package.viewed"}, {Name: "package.viewed", DeveloperId: "0198c0de-0000-7000-8000-00000000dead"}}))
	}
	require.Len(t, watch.ask.conns, 1)
}
