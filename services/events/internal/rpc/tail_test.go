package rpc_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"

	"devtrail.dev/kit/fault"
	"devtrail.dev/kit/serve/servetest"
	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
	"devtrail.dev/services/events"
	"devtrail.dev/services/events/internal/ingest"
	"devtrail.dev/services/events/internal/queue"
)

// tail begins to watch.
func (b *bundle) tail(token string, filter *eventsv1.EventFilter) eventsv1.EventService_TailEventsClient {
	b.t.Helper()
	ctx, cancel := context.WithCancel(b.t.Context())
	b.t.Cleanup(cancel)
	stream, err := b.event.TailEvents(servetest.As(ctx, token), &eventsv1.TailEventsRequest{Filter: filter})
	require.NoError(b.t, err)
	first, err := stream.Recv()
	require.NoError(b.t, err)
	require.Empty(b.t, first.GetEvents())
	return stream
}

func TestTailSendsWhatComesInAndIsNew(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.capture(event(1))
	all := b.tail("analyst", nil)
	some := b.tail("analyst", &eventsv1.EventFilter{Names: []string{"commit.authored"}})
	foreign := b.tail("stranger", nil)
	b.capture(event(1), event(2, by(email, "ada@example.org")), event(3, func(e *eventsv1.Event) { e.Name = "commit.authored" }))
	_, err := b.ingest.CaptureEvents(b.as("stranger"), &eventsv1.CaptureEventsRequest{Events: []*eventsv1.Event{event(9)}})
	require.NoError(t, err)
	ids := func(stream eventsv1.EventService_TailEventsClient, want ...byte) {
		t.Helper()
		res, err := stream.Recv()
		require.NoError(t, err)
		require.Len(t, res.GetEvents(), len(want))
		for i, n := range want {
			require.Equal(t, id(n), res.GetEvents()[i].GetId())
			require.NotNil(t, res.GetEvents()[i].GetReceivedAt())
		}
	}
	ids(all, 2, 3)
	ids(some, 3)
	ids(foreign, 9)
}

func TestABurstFitsIntoMessages(t *testing.T) {
	t.Parallel()
	b := setup(t)
	stream := b.tail("analyst", nil)
	const count = 300
	var list []*eventsv1.Event
	for range count {
		list = append(list, event(1, func(e *eventsv1.Event) {
			e.Id, e.PropertiesJson = uuid.NewString(), `{"a":"`+strings.Repeat("x", 16<<10)+`"}`
		}))
	}
	b.capture(list...)
	for got := 0; got < count; {
		res, err := stream.Recv()
		require.NoError(t, err)
		require.Zero(t, res.GetSkippedCount())
		require.Less(t, proto.Size(res), 2<<20, "clients take 4 MiB")
		got += len(res.GetEvents())
	}
}

func TestATailFollowsMerges(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.capture(event(1, by(email, "ada@example.org")), event(2, by(email, "ada@work.example")))
	list := b.list(&eventsv1.ListEventsRequest{})
	source, target := list[0].GetDeveloperId(), list[1].GetDeveloperId()
	require.NotEqual(t, source, target)
	stream := b.tail("analyst", &eventsv1.EventFilter{DeveloperIds: []string{source}})
	b.identity.Merge(acme, target, source)
	came := make(chan error, 1)
	go func() {
		_, err := stream.Recv()
		came <- err
	}()
	require.Eventually(t, func() bool { // the merge is known by and by
		b.capture(event(3, by(email, "ada@example.org"), func(e *eventsv1.Event) { e.Id = uuid.NewString() }))
		select {
		case err := <-came:
			require.NoError(t, err)
			return true
		default:
			return false
		}
	}, soon, 20*time.Millisecond)
}

// elsewhere is a log that another instance has.
type elsewhere struct{ queue.Queue }

func (elsewhere) Ready() error { return queue.ErrElsewhere }

func TestATailIsWhereEventsAreTakenIn(t *testing.T) {
	t.Parallel()
	b := setup(t, ingest.WithLog(ingest.Log{Queue: elsewhere{}}))
	stream, err := b.event.TailEvents(b.as("analyst"), &eventsv1.TailEventsRequest{})
	require.NoError(t, err)
	_, err = stream.Recv()
	require.ErrorIs(t, fault.FromStatus(err), queue.ErrElsewhere)
}

// Two instances that replay one letter would not see each other.
func TestDeadLettersAreReplayedWhereEventsAreTakenIn(t *testing.T) {
	t.Parallel()
	b := setup(t, ingest.WithLog(ingest.Log{Queue: elsewhere{}}))
	_, err := b.admin.ReplayDeadLetters(b.as("admin"), &eventsv1.ReplayDeadLettersRequest{Replays: []*eventsv1.DeadLetterReplay{{DeadLetterId: id(1)}}})
	require.ErrorIs(t, fault.FromStatus(err), queue.ErrElsewhere)
}

// bury makes dead letters of events.
func (b *bundle) bury(list ...events.Event) {
	b.t.Helper()
	for _, e := range list {
		require.NoError(b.t, b.store.AddDeadLetters(b.t.Context(), uuid.MustParse(acme), []events.DeadLetter{{
			FailedAt: noon, ID: e.ID, Name: e.Name, Payload: queue.EncodeEvent(e), Reason: "TEXT_INVALID", ReceivedAt: e.ReceivedAt,
		}}))
	}
}

func TestDeadLettersAreListedRepairedAndReplayed(t *testing.T) {
	t.Parallel()
	b := setup(t)
	good := events.Event{ID: uuid.UUID{15: 1}, Name: "a", OccurredAt: noon, Properties: "{}", ReceivedAt: noon, Source: events.Source{Kind: events.SourceGit}}
	b.bury(good, events.Event{ID: uuid.UUID{15: 2}, Name: "b", OccurredAt: noon, Properties: "{}", ReceivedAt: noon, Source: events.Source{Kind: events.SourceGit}})
	page, err := b.admin.ListDeadLetters(b.as("admin"), &eventsv1.ListDeadLettersRequest{PageSize: 1})
	require.NoError(t, err)
	require.Len(t, page.GetDeadLetters(), 1)
	require.Equal(t, "b", page.GetDeadLetters()[0].GetEvent().GetName(), "of one time the greater id comes first")
	rest, err := b.admin.ListDeadLetters(b.as("admin"), &eventsv1.ListDeadLettersRequest{PageSize: 1, PageToken: page.GetNextPageToken()})
	require.NoError(t, err)
	require.Equal(t, id(1), rest.GetDeadLetters()[0].GetId())
	require.Empty(t, rest.GetNextPageToken())

	res, err := b.admin.ReplayDeadLetters(b.as("admin"), &eventsv1.ReplayDeadLettersRequest{Replays: []*eventsv1.DeadLetterReplay{
		{DeadLetterId: id(1)},
		{DeadLetterId: id(9)},
		{DeadLetterId: id(2), RepairedEvent: event(3)},
		{DeadLetterId: id(2), RepairedEvent: event(2, by(email, "ada@example.org"))},
	}})
	require.NoError(t, err)
	require.Equal(t, eventsv1.CaptureStatus_CAPTURE_STATUS_STORED, res.GetResults()[0].GetStatus())
	require.Equal(t, eventsv1.CaptureStatus_CAPTURE_STATUS_REJECTED, res.GetResults()[1].GetStatus(), "an unknown letter does not take the results of others along")
	require.Equal(t, []string{"DEAD_LETTER_NOT_FOUND", "dead_letter_id", id(9)}, []string{res.GetResults()[1].GetReason(), res.GetResults()[1].GetField(), res.GetResults()[1].GetEventId()})
	require.Equal(t, "DEAD_LETTER_ID_DIFFERS", res.GetResults()[2].GetReason())
	require.Equal(t, eventsv1.CaptureStatus_CAPTURE_STATUS_STORED, res.GetResults()[3].GetStatus())
	list := b.list(&eventsv1.ListEventsRequest{})
	require.Len(t, list, 2)
	require.Equal(t, "package.added", list[0].GetName())
	require.NotEmpty(t, list[0].GetDeveloperId())
	page, err = b.admin.ListDeadLetters(b.as("admin"), &eventsv1.ListDeadLettersRequest{})
	require.NoError(t, err)
	require.Empty(t, page.GetDeadLetters())

	res, err = b.admin.ReplayDeadLetters(b.as("admin"), &eventsv1.ReplayDeadLettersRequest{Replays: []*eventsv1.DeadLetterReplay{{DeadLetterId: id(1)}}})
	require.NoError(t, err)
	require.Equal(t, "DEAD_LETTER_NOT_FOUND", res.GetResults()[0].GetReason(), "it was replayed")
	_, err = b.admin.ListDeadLetters(b.as("analyst"), &eventsv1.ListDeadLettersRequest{})
	require.ErrorIs(t, fault.FromStatus(err), fault.Denied)
}
