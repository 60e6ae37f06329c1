package pebblelog

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"devtrail.dev/services/events/internal/queue"
)

func TestTheBoundsOfBlocksOutliveACrash(t *testing.T) {
	o := options(t)
	l := open(t, o)
	cuts, err := l.Cuts(t.Context())
	require.NoError(t, err)
	require.Empty(t, cuts)
	want := []queue.Cut{{Number: 1 << 60, After: 3, UpTo: 7, To: 5}, {Number: 1<<60 + 1, After: 3, UpTo: 7, From: 5, To: queue.AllEvents}}
	require.NoError(t, l.SetCuts(t.Context(), want[:1]))
	require.NoError(t, l.SetCuts(t.Context(), want))
	write(t, l, 0, entry("a"))
	require.NoError(t, l.Commit(t.Context(), 1))

	crashed := o // the folder as kill -9 leaves it
	crashed.Dir = filepath.Join(t.TempDir(), "crashed")
	require.NoError(t, os.CopyFS(crashed.Dir, os.DirFS(o.Dir)))
	again := open(t, crashed)
	cuts, err = again.Cuts(t.Context())
	require.NoError(t, err)
	require.Equal(t, want, cuts)
	require.NoError(t, again.SetCuts(t.Context(), nil))
	cuts, err = again.Cuts(t.Context())
	require.NoError(t, err)
	require.Empty(t, cuts)

	require.NoError(t, l.Close())
	require.ErrorIs(t, l.SetCuts(t.Context(), want), queue.ErrClosed)
	_, err = l.Cuts(t.Context())
	require.ErrorIs(t, err, queue.ErrClosed)
}
