package queue

import (
	"encoding/binary"
	"hash/crc32"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"devtrail.dev/services/events"
)

func sample() Frame {
	received := time.UnixMicro(1_780_000_000_123_456).UTC()
	e := events.Event{
		Actor: events.Identity{Kind: 1, Value: "ada@example.org"}, DeveloperID: uuid.New(), ID: uuid.New(), Name: "package.added",
		OccurredAt: received.Add(-time.Hour), Packages: []string{"pkg:npm/a@1", "pkg:npm/b@2"}, Project: "github.com/example/shop",
		Properties: `{"a":"` + strings.Repeat("x", 300) + `"}`, ReceivedAt: received, SessionID: "s",
		Source: events.Source{Kind: events.SourceGit, Machine: "m", Tool: "git", ToolVersion: "2"},
	}
	bare := events.Event{ID: uuid.New(), Name: "x", OccurredAt: events.MinTime.Add(-time.Microsecond), Properties: "{}", ReceivedAt: received}
	return Frame{
		Decision: Decision{Duplicates: 3, Sent: 5, Since: received.Add(-24 * time.Hour)}, Events: []events.Event{e, bare}, Key: "credential",
		Organization: uuid.New(), Received: received,
	}
}

func TestFrameComesBackAsItWas(t *testing.T) {
	want := sample()
	encoded := want.Encode([]byte("before"))
	got, err := Decode(encoded[len("before"):])
	require.NoError(t, err)
	require.Empty(t, cmp.Diff(want, got))

	event, err := DecodeEvent(EncodeEvent(want.Events[0]))
	require.NoError(t, err)
	require.Empty(t, cmp.Diff(want.Events[0], event))
}

func TestFrameOfAnUnjudgedRequestSaysSo(t *testing.T) {
	want := sample()
	want.Decision.Since = time.Time{}
	got, err := Decode(want.Encode(nil))
	require.NoError(t, err)
	require.Empty(t, cmp.Diff(want, got))
}

// A log of the release before holds frames of the first type, which know no time.
func TestFirstTypeIsStillRead(t *testing.T) {
	want := sample()
	want.Decision.Since = time.Time{}
	encoded := want.Encode(nil)
	encoded[headerBytes] = typeEvents
	judged := headerBytes + 1 + 16 + len(binary.AppendVarint(nil, want.Received.UnixMicro()))
	require.Zero(t, encoded[judged])
	encoded[judged] = 1
	binary.LittleEndian.PutUint32(encoded, crc32.Checksum(encoded[4:], castagnoli))
	got, err := Decode(encoded)
	require.NoError(t, err)
	require.Empty(t, cmp.Diff(want, got))
}

func TestEveryDamagedByteIsFound(t *testing.T) {
	frame := sample()
	encoded := frame.Encode(nil)
	for i := range encoded {
		damaged := append([]byte(nil), encoded...)
		damaged[i] ^= 0x10
		_, err := Decode(damaged)
		require.ErrorIs(t, err, ErrCorrupt, "byte %d", i)
		_, err = Decode(encoded[:i])
		require.ErrorIs(t, err, ErrCorrupt, "cut at %d", i)
	}
	_, err := Decode(append(encoded, 0))
	require.ErrorIs(t, err, ErrCorrupt)
}

// sealed puts a good length and checksum before a body.
func sealed(body []byte) []byte {
	encoded := binary.LittleEndian.AppendUint32(make([]byte, 4), uint32(len(body)))
	encoded = append(encoded, body...)
	binary.LittleEndian.PutUint32(encoded, crc32.Checksum(encoded[4:], castagnoli))
	return encoded
}

// FuzzDecode gives the decoder bodies with a good checksum, so that it is the decoder that must hold.
func FuzzDecode(f *testing.F) {
	frame := sample()
	f.Add(frame.Encode(nil)[headerBytes:])
	f.Add([]byte{typeEvents})
	f.Add([]byte{typeJudged})
	f.Fuzz(func(t *testing.T, body []byte) {
		frame, err := Decode(sealed(body))
		if err != nil {
			require.ErrorIs(t, err, ErrCorrupt)
			return
		}
		again, err := Decode(frame.Encode(nil))
		require.NoError(t, err)
		require.Empty(t, cmp.Diff(frame, again))
	})
}
