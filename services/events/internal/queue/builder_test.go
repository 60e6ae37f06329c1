package queue

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"devtrail.dev/services/events"
)

func TestBuilderMakesTheFrameThatEncodeMakes(t *testing.T) {
	var b Builder
	for _, key := range []string{"", "credential", strings.Repeat("k", 300)} {
		for _, since := range []time.Time{{}, events.MinTime, time.Now()} {
			want := sample()
			want.Key, want.Decision.Since = key, since
			b.Reset(key)
			for i := range want.Events {
				b.Append(&want.Events[i])
			}
			require.Equal(t, want.Encode(nil), b.Frame(want))
			require.LessOrEqual(t, len(b.Frame(want)), b.Size())
		}
	}
}

func TestBuilderKeepsWhatItIsToldTo(t *testing.T) {
	want := sample()
	want.Events = append(want.Events, want.Events[0], want.Events[1])
	for kept := range 1 << len(want.Events) {
		keep := func(i int) bool { return kept>>i&1 == 1 }
		var b Builder
		b.Reset(want.Key)
		some := want
		some.Events = nil
		for i := range want.Events {
			b.Append(&want.Events[i])
			if keep(i) {
				some.Events = append(some.Events, want.Events[i])
			}
		}
		b.Keep(keep)
		require.Equal(t, len(some.Events), b.Len())
		require.Equal(t, some.Encode(nil), b.Frame(some))
	}
}
