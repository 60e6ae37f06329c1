package wire_test

import (
	"bytes"
	"math/rand/v2"
	"runtime"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
	"devtrail.dev/services/events"
	"devtrail.dev/services/events/internal/ingest"
	"devtrail.dev/services/events/internal/source/sourcetest"
	"devtrail.dev/services/events/internal/wire"
)

// rawOf is the fields of an event as protobuf reads them.
func rawOf(e *eventsv1.Event) *ingest.Raw {
	r := &ingest.Raw{
		ActorKind: events.IdentityKind(e.GetActor().GetKind()), ActorName: []byte(e.GetActorName()), ActorValue: []byte(e.GetActor().GetValue()), Exact: e.GetTimeExact(),
		HasActor: e.GetActor() != nil, HasTime: e.GetOccurredAt() != nil, ID: []byte(e.GetId()), Machine: []byte(e.GetSource().GetMachine()), Name: []byte(e.GetName()),
		Nanos: e.GetOccurredAt().GetNanos(), Project: []byte(e.GetProject()), Properties: []byte(e.GetPropertiesJson()), Seconds: e.GetOccurredAt().GetSeconds(),
		SessionID: []byte(e.GetSessionId()), SourceKind: events.SourceKind(e.GetSource().GetKind()), Tool: []byte(e.GetSource().GetTool()),
		ToolVersion: []byte(e.GetSource().GetToolVersion()),
	}
	for _, purl := range e.GetPackages()[:min(len(e.GetPackages()), events.MaxPackages+1)] { // more than one too many makes no difference
		r.Packages = append(r.Packages, []byte(purl))
	}
	return r
}

// filled is a copy in which what is empty is not nil.
func filled(r *ingest.Raw) *ingest.Raw {
	own := *r
	for _, text := range []*[]byte{&own.ActorName, &own.ActorValue, &own.ID, &own.Machine, &own.Name, &own.Project, &own.Properties, &own.SessionID, &own.Tool, &own.ToolVersion} {
		*text = append([]byte{}, *text...)
	}
	own.Packages = append([][]byte{}, own.Packages...)
	for i := range own.Packages {
		own.Packages[i] = append([]byte{}, own.Packages[i]...)
	}
	return &own
}

// reads reads a message, and requires that it has what protobuf reads of it. It counts the events whose fields are known where they lie.
func reads(t *testing.T, streamed bool, message []byte) (known int) {
	t.Helper()
	letter := wire.NewLetter(streamed, new(sync.Pool))
	err := letter.ReadWire(mem.BufferSlice{mem.SliceBuffer(bytes.Clone(message))})
	var want batch = new(eventsv1.CaptureEventsRequest)
	if streamed {
		want = new(eventsv1.StreamEventsRequest)
	}
	broken := proto.Unmarshal(message, want) != nil
	if len(want.GetEvents()) > wire.MaxEvents {
		tooMany(t, letter, err)
		return 0
	}
	if broken {
		require.Error(t, err)
		return 0
	}
	require.NoError(t, err)
	require.Equal(t, want.GetAck(), letter.Ack())
	require.Len(t, want.GetEvents(), letter.Len())
	if at := want.GetSentAt(); at != nil && at.CheckValid() == nil {
		require.Equal(t, at.AsTime(), letter.SentAt())
	} else {
		require.Equal(t, at == nil, letter.Check() == nil)
	}
	for i, e := range want.GetEvents() {
		if raw := letter.Raw(i); raw != nil {
			require.Equal(t, filled(rawOf(e)), filled(raw))
			known++
		}
	}
	return known
}

// TestAMessageTakesLittleMoreThanItsBytes sends the messages that take the most memory to read, each of the bytes that a door takes.
func TestAMessageTakesLittleMoreThanItsBytes(t *testing.T) {
	const size = 1 << 20
	for name, message := range map[string][]byte{
		"events without anything":       bytes.Repeat([]byte{0x0a, 0}, size/2),
		"of which protobuf reads one":   append([]byte{0x6b, 0x6c}, bytes.Repeat([]byte{0x0a, 0}, size/2)...), // behind a group
		"packages of one event":         protowire.AppendBytes([]byte{0x0a}, bytes.Repeat([]byte{0x42, 0}, size/2)),
		"events with a text of no text": bytes.Repeat([]byte{0x0a, 3, 0x0a, 1, 0xff}, size/5),
	} {
		t.Run(name, func(t *testing.T) {
			letter := wire.NewLetter(false, new(sync.Pool))
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_ = letter.ReadWire(mem.BufferSlice{mem.SliceBuffer(message)})
			_, _ = letter.Contract()
			runtime.ReadMemStats(&after)
			require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(12*size))
		})
	}
}

func TestALetterReadsAsProtobufDoes(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(7, 8))
	known := 0
	for n := range 20_000 {
		known += reads(t, n%2 == 0, someMessage(t, random, n%2 == 0))
	}
	require.Greater(t, known, 20_000)
}

func FuzzReadWire(f *testing.F) {
	random := rand.New(rand.NewPCG(9, 10))
	for n := range 40 {
		f.Add(n%2 == 0, someMessage(f, random, n%2 == 0))
	}
	f.Fuzz(func(t *testing.T, streamed bool, message []byte) {
		sourcetest.Bounded(t, message, func() ([]ingest.Draft, error) {
			reads(t, streamed, message)
			return nil, nil
		})
	})
}
