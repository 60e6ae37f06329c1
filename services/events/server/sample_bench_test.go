package server

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
	identityv1 "devtrail.dev/proto/gen/devtrail/identity/v1"
)

// benchBatch is how many events a request of a benchmark has.
const benchBatch = 100

// kind is what the events of a benchmark look like.
type kind struct {
	name       string
	properties int
	blocks     []int // rows of the blocks that a bare client tries
	unanswered int   // batches of a stream that wait for their answers: as many as fill the service's blocks
}

// The two kinds: an event of a counter, about 180 bytes, and one with many properties, about 820.
var (
	lean = kind{name: "lean", properties: 4, blocks: []int{30_000, 100_000, 200_000, 300_000}, unanswered: 48}
	fat  = kind{name: "fat", properties: 22, blocks: []int{10_000, 25_000, 50_000}, unanswered: 16}
)

// sample is the nth event of a kind, but for its id and its time: few names and projects, a thousand people with a
// session of twenty events each.
func (k kind) sample(n int) *eventsv1.Event {
	names := [...]string{"file.saved", "test.run", "commit", "build", "review", "deploy", "package.added", "search"}
	return &eventsv1.Event{
		Actor:          &identityv1.Identity{Kind: identityv1.IdentityKind_IDENTITY_KIND_GIT_EMAIL, Value: fmt.Sprintf("d%03d@acme.dev", n/20%1000)},
		Id:             uuid.Nil.String(),
		Name:           names[n%len(names)],
		Packages:       []string{fmt.Sprintf("pkg:npm/p%02d@1.%d.0", n%50, n%4)},
		Project:        fmt.Sprintf("acme/shop%02d", n%16),
		PropertiesJson: k.json(n),
		SessionId:      fmt.Sprintf("s%07d", n/20),
		Source:         &eventsv1.Source{Kind: eventsv1.SourceKind_SOURCE_KIND_GIT, Tool: "git"},
	}
}

// json is the properties of the nth event.
func (k kind) json(n int) string {
	if k.properties == lean.properties {
		return fmt.Sprintf(`{"lang":"go","lines":%d,"ms":%d,"ok":true}`, n%90+10, n%900+100)
	}
	var text strings.Builder
	for i := range k.properties {
		fmt.Fprintf(&text, `,"property_%02d":"value %d of it"`, i, (n+i)*7919%10000)
	}
	return "{" + text.String()[1:] + "}"
}

// letter is a request as it goes over the wire. Ids and times have always as many bytes, so that another request is made in place: a load that encodes
// messages costs more than the service.
type letter struct {
	bytes      []byte
	ids, times []int // where they are
	stamp      func(now time.Time) []byte
	random     *rand.ChaCha8
}

// newLetter finds the ids of a message, which are the zero UUID, and the times, which are all the same.
func newLetter(tb testing.TB, message proto.Message, stamp func(time.Time) []byte) *letter {
	tb.Helper()
	raw, err := proto.MarshalOptions{Deterministic: true}.Marshal(message)
	require.NoError(tb, err)
	l := &letter{
		bytes: raw, ids: places(raw, []byte(uuid.Nil.String())), random: rand.NewChaCha8([32]byte(append(uuidBytes(), uuidBytes()...))), stamp: stamp,
		times: places(raw, stamp(sampleTime)),
	}
	require.Len(tb, l.ids, benchBatch)
	require.GreaterOrEqual(tb, len(l.times), benchBatch)
	return l
}

// places are where some bytes begin.
func places(raw, some []byte) (list []int) {
	for at := 0; ; at += len(some) {
		next := bytes.Index(raw[at:], some)
		if next < 0 {
			return list
		}
		at += next
		list = append(list, at)
	}
}

// sampleTime is the time of the events of a letter before it is renewed.
var sampleTime = time.Unix(1_700_000_000, 0)

// letterOf makes the nth request of a kind, for a stream or alone.
func (k kind) letterOf(tb testing.TB, n int, ack eventsv1.AckLevel, streamed bool) *letter {
	tb.Helper()
	list := make([]*eventsv1.Event, benchBatch)
	for i := range list {
		list[i] = k.sample(n*benchBatch + i)
		list[i].OccurredAt = &timestamppb.Timestamp{Seconds: sampleTime.Unix() - 1, Nanos: leastNanos}
	}
	if streamed {
		return newLetter(tb, &eventsv1.StreamEventsRequest{Ack: ack, Events: list}, stampOf)
	}
	return newLetter(tb, &eventsv1.CaptureEventsRequest{Ack: ack, Events: list}, stampOf)
}

// leastNanos takes five bytes, as seconds do.
const leastNanos = 300_000_000

// stampOf is a google.protobuf.Timestamp just before now.
func stampOf(now time.Time) []byte {
	b := append(make([]byte, 0, 12), 1<<3|byte(protowire.VarintType))
	b = protowire.AppendVarint(b, uint64(now.Unix()-1))
	b = append(b, 2<<3|byte(protowire.VarintType))
	return protowire.AppendVarint(b, uint64(leastNanos+now.Nanosecond()/2000*1000))
}

func uuidBytes() []byte {
	id := uuid.New()
	return id[:]
}

// renew gives the events new ids and a time.
func (l *letter) renew(now time.Time) {
	for _, at := range l.ids {
		var id [16]byte
		_, _ = l.random.Read(id[:])
		writeID(l.bytes[at:], id)
	}
	stamp := l.stamp(now)
	for _, at := range l.times {
		copy(l.bytes[at:], stamp)
	}
}

// writeID writes 36 characters.
func writeID(to []byte, id [16]byte) {
	hex.Encode(to[0:8], id[0:4])
	hex.Encode(to[9:13], id[4:6])
	hex.Encode(to[14:18], id[6:8])
	hex.Encode(to[19:23], id[8:10])
	hex.Encode(to[24:36], id[10:16])
}

// storedIn counts the events that an answer says are stored. The answer of a stream has a number before its results.
func storedIn(answer []byte, results protowire.Number) int {
	n := 0
	for len(answer) > 0 {
		number, typ, size := protowire.ConsumeTag(answer)
		if size < 0 {
			return n
		}
		answer = answer[size:]
		if number != results || typ != protowire.BytesType {
			size = protowire.ConsumeFieldValue(number, typ, answer)
			if size < 0 {
				return n
			}
			answer = answer[size:]
			continue
		}
		length, size := binary.Uvarint(answer)
		if size <= 0 || length > uint64(len(answer)-size) {
			return n
		}
		result := answer[size : size+int(length)]
		if status := result[len(result)-2:]; status[0] == 2<<3 && status[1] == byte(eventsv1.CaptureStatus_CAPTURE_STATUS_STORED) {
			n++ // a result that says no more ends with its status
		}
		answer = answer[size+int(length):]
	}
	return n
}
