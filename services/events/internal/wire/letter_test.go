package wire_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
	identityv1 "devtrail.dev/proto/gen/devtrail/identity/v1"
	"devtrail.dev/services/events/internal/ingest"
	"devtrail.dev/services/events/internal/wire"
)

// pair is two intakes that are sent the same: one letters, the other what protobuf makes of them.
type pair struct {
	t             testing.TB
	quick, slow   *ingest.Intake
	quickQ, slowQ *tape
}

func newPair(tb testing.TB) *pair {
	tb.Helper()
	p := &pair{t: tb}
	limits := ingest.Limits{EventBytes: 3000, NameLength: 30, PropertyDepth: 5}
	p.quick, p.quickQ = start(tb, limits)
	p.slow, p.slowQ = start(tb, limits)
	return p
}

// batch is what both messages are.
type batch interface {
	wire.Batch
	proto.Message
}

// send sends the bytes of a message both ways and compares all there is to see. It tells whether they were a message.
func (p *pair) send(streamed bool, message []byte) bool {
	p.t.Helper()
	var decoded batch = new(eventsv1.CaptureEventsRequest)
	if streamed {
		decoded = new(eventsv1.StreamEventsRequest)
	}
	refused := proto.Unmarshal(message, decoded)
	n := len(decoded.GetEvents())
	letter := wire.NewLetter(streamed, new(sync.Pool))
	err := letter.ReadWire(mem.BufferSlice{mem.SliceBuffer(message[:len(message)/2]), mem.SliceBuffer(message[len(message)/2:])})
	if n > wire.MaxEvents { // whatever comes behind
		tooMany(p.t, letter, err)
		return refused == nil
	}
	if refused != nil {
		require.Error(p.t, err)
		require.Equal(p.t, strings.ReplaceAll(refused.Error(), "\u00a0", " "), strings.ReplaceAll(err.Error(), "\u00a0", " "))
		return false
	}
	require.NoError(p.t, err)
	contract, err := letter.Contract()
	require.NoError(p.t, err)
	if _, known := eventsv1.AckLevel_name[int32(decoded.GetAck())]; n == 0 || !known {
		require.Empty(p.t, cmp.Diff(proto.Message(decoded), contract, protocmp.Transform()), "the door judges the whole message")
		return true
	}
	require.Nil(p.t, contract)
	want, refused := wire.RequestFromProto(acme, "key", decoded)
	got, err := wire.RequestOf(acme, "key", letter)
	if refused != nil {
		require.EqualError(p.t, err, refused.Error())
		return true
	}
	require.NoError(p.t, err)
	require.Equal(p.t, want.Ack, got.Ack)
	want.Ack, got.Ack = ingest.AckDurable, ingest.AckDurable // the store is not what is compared
	results, err := p.slow.Take(p.t.Context(), want)
	require.NoError(p.t, err)
	receipt, err := p.quick.Submit(p.t.Context(), got)
	require.NoError(p.t, err)
	quick, err := receipt.Await(p.t.Context())
	require.NoError(p.t, err)
	require.Equal(p.t, p.slowQ.next(), p.quickQ.next(), "the frames, byte by byte")
	p.compare(streamed, decoded, results, &wire.Answer{Letter: letter, Release: receipt.Release, Results: quick})
	return true
}

// tooMany requires that a letter was read up to the first event that is too many, so that the door refuses it.
func tooMany(t testing.TB, letter *wire.Letter, err error) {
	t.Helper()
	require.NoError(t, err)
	require.Equal(t, wire.MaxEvents+1, letter.Len())
	contract, err := letter.Contract()
	require.NoError(t, err)
	require.Len(t, contract.(batch).GetEvents(), wire.MaxEvents+1)
}

// compare compares the answers.
func (p *pair) compare(streamed bool, sent batch, results []ingest.Result, answer *wire.Answer) {
	p.t.Helper()
	written, err := answer.WriteWire(mem.DefaultBufferPool())
	require.NoError(p.t, err)
	body := written.Materialize()
	written.Free()
	var want, got proto.Message = &eventsv1.CaptureEventsResponse{Results: wire.ResultsToProto(sent.GetEvents(), results)}, new(eventsv1.CaptureEventsResponse)
	if stream, ok := sent.(*eventsv1.StreamEventsRequest); ok && streamed {
		want = &eventsv1.StreamEventsResponse{Results: wire.ResultsToProto(sent.GetEvents(), results), Sequence: stream.GetSequence()}
		got = new(eventsv1.StreamEventsResponse)
	}
	require.NoError(p.t, proto.Unmarshal(body, got))
	require.Empty(p.t, cmp.Diff(want, got, protocmp.Transform()))
	canonical, err := proto.MarshalOptions{Deterministic: true}.Marshal(want)
	require.NoError(p.t, err)
	require.Equal(p.t, canonical, body)
}

// Values of fields: good, borderline and bad.
var (
	names      = []string{"package.added", "a", "", "commit.pushed", "é", "tab\t", "a\u0085", strings.Repeat("n", 30), strings.Repeat("é", 16), strings.Repeat("n", 31), strings.Repeat("n", 201)}
	texts      = []string{"", "", "git", "Visual Studio Code", "2.49.0", "zeile\n", strings.Repeat("t", 200), strings.Repeat("é", 200), strings.Repeat("t", 201), "\x7f", strings.Repeat("m", 321)}
	purls      = []string{"pkg:npm/left-pad@1.3.0", "pkg:npm/Left-Pad@1.3.0", "pkg:pypi/a_b", "pkg:golang/github.com/a/b@v1", "npm/x", "", "pkg:npm/%40scope/x@1?a=b", strings.Repeat("x", 2049)}
	properties = []string{"", "{}", `{"a":1}`, `{"a":1,"b":"two","c":[1,2.5,null,true]}`, `{"b":1,"a":2}`, `{"a":1,"a":2}`, ` {"a" : 1}`, `{"a":1.0}`, `{"a":"\u0041"}`, `{"a":"\n"}`, `[]`, `{"a":[[[[]]]]}`, `{"a":[[[[[]]]]]}`, `{"a":"` + strings.Repeat("x", 2990) + `"}`}
	values     = []string{"ada@example.org", "Ada@Example.org", "refused", "refused2", "", "bob", "x\x00", strings.Repeat("v", 321)}
)

func pick[T any](random *rand.Rand, list []T) T { return list[random.IntN(len(list))] }

// someEvent is good most of the time.
func someEvent(random *rand.Rand) *eventsv1.Event {
	some := func(list []string) string {
		if random.IntN(3) > 0 {
			return list[0]
		}
		return pick(random, list)
	}
	e := &eventsv1.Event{
		Id: uuid.UUID{6: 0x40, 15: byte(random.IntN(200))}.String(), Name: some(names), Project: some(texts), PropertiesJson: some(properties),
		SessionId: some(texts), ActorName: some(texts), Source: &eventsv1.Source{Kind: 3, Machine: some(texts), Tool: some(texts), ToolVersion: some(texts)},
		OccurredAt: &timestamppb.Timestamp{Seconds: noon.Unix() - random.Int64N(1e6), Nanos: int32(random.IntN(1e9))},
	}
	for range random.IntN(4) {
		e.Packages = append(e.Packages, some(purls))
	}
	if random.IntN(2) == 0 {
		e.Actor = &identityv1.Identity{Kind: 1, Value: some(values)}
	}
	oddities := []func(){
		func() { e.Id = strings.ToUpper(e.GetId()) }, func() { e.Id = "" }, func() { e.Id = "urn:uuid:" + e.GetId() }, func() { e.Id = uuid.Nil.String() },
		func() { e.Id = strings.ReplaceAll(e.GetId(), "-", "x") }, func() { e.Source = nil }, func() { e.Source.Kind = 7 }, func() { e.Source.Kind = -1 },
		func() { e.Source.Kind = 1 << 20 }, func() { e.OccurredAt = nil }, func() { e.OccurredAt = &timestamppb.Timestamp{} },
		func() { e.OccurredAt.Nanos = -1 }, func() { e.OccurredAt.Nanos = 1e9 }, func() { e.OccurredAt.Seconds = -62135596800; e.OccurredAt.Nanos = 0 },
		func() { e.OccurredAt.Seconds = 1 << 60 }, func() { e.OccurredAt.Seconds = noon.Unix() + 3600 }, func() { e.OccurredAt.Seconds = noon.Unix() + 90000 },
		func() { e.OccurredAt.Seconds = -1 }, func() { e.Actor = &identityv1.Identity{} }, func() { e.Actor = &identityv1.Identity{Kind: 11, Value: "x"} },
		func() { e.Actor = &identityv1.Identity{Kind: 256 + 1, Value: "x"} }, func() { e.AgeMs = proto.Int64(5000) }, func() { e.AgeMs = proto.Int64(-1) },
		func() { e.TimeExact = true }, func() { e.DeveloperId = "somebody" }, func() { e.ReceivedAt = timestamppb.New(noon) },
		func() {
			e.ProtoReflect().SetUnknown(protowire.AppendVarint(protowire.AppendTag(nil, 99, protowire.VarintType), 5))
		},
		func() { e.Packages = make([]string, 101) },
	}
	if random.IntN(4) == 0 {
		pick(random, oddities)()
	}
	return e
}

// someMessage is the bytes of a message, which may be damaged.
func someMessage(t testing.TB, random *rand.Rand, streamed bool) []byte {
	t.Helper()
	list := make([]*eventsv1.Event, random.IntN(8))
	for i := range list {
		list[i] = someEvent(random)
	}
	ack := pick(random, []eventsv1.AckLevel{0, 0, 1, 2, 3})
	sent := pick(random, []*timestamppb.Timestamp{nil, nil, timestamppb.New(noon), {Seconds: noon.Unix() - 40}, {Seconds: noon.Unix() + 7200}, {Nanos: -1}})
	var m proto.Message = &eventsv1.CaptureEventsRequest{Ack: ack, Events: list, SentAt: sent}
	if streamed {
		m = &eventsv1.StreamEventsRequest{Ack: ack, Events: list, SentAt: sent, Sequence: int64(random.IntN(3))}
	}
	message, err := proto.Marshal(m)
	require.NoError(t, err)
	switch random.IntN(6) {
	case 0: // fields come twice, and are merged
		message = append(message, message...)
	case 1:
		if len(message) > 0 {
			message[random.IntN(len(message))] ^= 1 << random.IntN(8)
		}
	case 2:
		message = message[:random.IntN(len(message)+1)]
	}
	return message
}

func TestLettersAreJudgedAsMessages(t *testing.T) {
	p := newPair(t)
	random := rand.New(rand.NewPCG(3, 4))
	good := 0
	for n := range 6000 {
		streamed := n%2 == 0
		if p.send(streamed, someMessage(t, random, streamed)) {
			good++
		}
	}
	require.Greater(t, good, 4000)
}

func FuzzLetter(f *testing.F) {
	random := rand.New(rand.NewPCG(5, 6))
	for n := range 40 {
		f.Add(n%2 == 0, someMessage(f, random, n%2 == 0))
	}
	f.Fuzz(func(t *testing.T, streamed bool, message []byte) {
		newPair(t).send(streamed, message)
	})
}

func TestALetterIsUsedAgain(t *testing.T) {
	letter := wire.NewLetter(false, new(sync.Pool))
	for n := range 4 {
		message, err := proto.Marshal(&eventsv1.CaptureEventsRequest{Events: []*eventsv1.Event{{Name: fmt.Sprint("n", n), Packages: []string{"pkg:npm/a"}}}})
		require.NoError(t, err)
		require.NoError(t, letter.ReadWire(mem.BufferSlice{mem.SliceBuffer(message)}))
		require.Equal(t, 1, letter.Len())
		require.Equal(t, fmt.Sprint("n", n), string(letter.Raw(0).Name))
		require.Len(t, letter.Raw(0).Packages, 1)
		require.Nil(t, letter.Raw(0).Properties)
	}
}
