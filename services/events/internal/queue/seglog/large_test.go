package seglog

import (
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"devtrail.dev/services/events/internal/queue"
)

// An earlier version kept the bounds of all pieces of a block, more than a segment for states has room for. They are taken over, on an almost full disk too.
func TestLargeBoundsAreTakenOver(t *testing.T) {
	o, disk := onSmallDisk(t, 4<<20)
	l, err := Open(o)
	require.NoError(t, err)
	last := write(t, l, 0, entry("frame"))
	require.Eventually(t, func() bool { return len(files(t, o.Dir, segmentSuffix)) == 2 }, 30*time.Second, time.Millisecond)
	cuts := make([]queue.Cut, 20_000) // 640 KB
	for i := range cuts {
		cuts[i] = queue.Cut{From: uint32(i), Number: uint64(i), To: uint32(i + 1), UpTo: last}
	}
	require.NoError(t, l.SetCuts(t.Context(), cuts))
	require.NoError(t, l.Close())
	newest := files(t, o.Dir, segmentSuffix)
	require.NoError(t, os.Remove(newest[len(newest)-1])) // which was made beside the writing, and would be used
	disk.fill(0)                                         // but for what the last segment does not use
	l = open(t, o)
	kept, err := l.Cuts(t.Context())
	require.NoError(t, err)
	require.Equal(t, cuts, kept)
	disk.fill(0)
	require.NoError(t, l.SetCuts(t.Context(), cuts[10_000:]))
	require.NoError(t, l.Commit(t.Context(), last))
}
