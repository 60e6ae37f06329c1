package seglog

import (
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/stretchr/testify/require"
)

// TestAFolderOutlivesALossOfPower begins a log where no folder is.
func TestAFolderOutlivesALossOfPower(t *testing.T) {
	t.Parallel()
	disk := vfs.NewCrashableMem()
	o := options(t)
	o.FS, o.Dir = disk, "/var/lib/log"
	last := write(t, open(t, o), 0, entry("x"))
	o.FS = disk.CrashClone(vfs.CrashCloneCfg{})
	require.Equal(t, last, open(t, o).Last())
}
