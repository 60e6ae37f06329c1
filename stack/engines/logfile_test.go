package engines

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestALongLogIsPutAsideAtAStart(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "clickhouse.log")
	require.NoError(t, os.WriteFile(path, []byte("of the first run\n"), 0o600))
	log, err := openLog(path)
	require.NoError(t, err)
	require.Equal(t, int64(len("of the first run\n")), log.from)
	require.NoError(t, log.file.Truncate(logLimit+1))
	require.NoError(t, log.file.Close())

	log, err = openLog(path)
	require.NoError(t, err)
	require.Zero(t, log.from)
	require.NoError(t, log.file.Close())
	aside, err := os.Stat(path + ".1")
	require.NoError(t, err)
	require.Equal(t, int64(logLimit+1), aside.Size())
}
