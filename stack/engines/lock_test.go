package engines

import (
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestALockThatIsGivenBackIsFree has the file open once more, as a child has it between its fork and its exec.
func TestALockThatIsGivenBackIsFree(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "lock")
	lock, err := tryLockFile(path, exclusive)
	require.NoError(t, err)
	forked, err := syscall.Dup(int(lock.file.Fd()))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, syscall.Close(forked)) })
	_, err = tryLockFile(path, exclusive)
	require.ErrorIs(t, err, errLocked)

	require.NoError(t, lock.Close())
	again, err := tryLockFile(path, exclusive)
	require.NoError(t, err)
	require.NoError(t, again.Close())
}
