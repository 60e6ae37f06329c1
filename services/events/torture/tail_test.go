package torture

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// The log makes its next file before it needs it: hurting that one hurts nothing.
func TestTheNewestLogIsTheOneThatIsWritten(t *testing.T) {
	t.Parallel()
	dir, notes := t.TempDir(), t.TempDir()
	for name, n := range map[string]note{"000001.log": {written: 10, synced: 10}, "000002.log": {written: 30, synced: 20}, "000003.log": {}} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), nil, 0o600))
		require.NoError(t, os.WriteFile(filepath.Join(notes, name), binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint64(nil, uint64(n.written)), uint64(n.synced)), 0o600))
	}
	name, n, err := newestLog(dir, notes)
	require.NoError(t, err)
	require.Equal(t, filepath.Join(dir, "000002.log"), name)
	require.Equal(t, note{written: 30, synced: 20}, n)
}
