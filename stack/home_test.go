package stack

import (
	"context"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTheDataFolderIsFoundUpwards(t *testing.T) {
	root := t.TempDir()
	inner := filepath.Join(root, "a", "b")
	require.NoError(t, os.MkdirAll(inner, 0o700))
	find := func() string {
		dir, err := FindDataDir(inner)
		require.NoError(t, err)
		return dir
	}
	require.Equal(t, filepath.Join(inner, ".devtrail"), find(), "without a repository it is where one stands")
	require.NoError(t, os.Mkdir(filepath.Join(root, ".git"), 0o700))
	require.Equal(t, filepath.Join(root, ".devtrail"), find(), "in a repository it is at its root")
	require.NoError(t, os.Mkdir(filepath.Join(root, "a", ".devtrail"), 0o700))
	require.Equal(t, filepath.Join(root, "a", ".devtrail"), find(), "one that is there wins")
}

func TestADataFolderHasOneOwner(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	first, err := openHome(dir)
	require.NoError(t, err)

	_, err = openHome(dir)
	var running *RunningError
	require.ErrorAs(t, err, &running)
	require.Nil(t, running.State)
	require.EqualError(t, err, "the suite on "+dir+" is just starting or stopping")

	state := State{PID: 42, Endpoints: map[string]string{"events": "127.0.0.1:7404", "identity": "127.0.0.1:7402"}}
	require.NoError(t, writeState(dir, state))
	_, err = openHome(dir)
	require.EqualError(t, err, "the suite is running on "+dir+" (process 42): events 127.0.0.1:7404, identity 127.0.0.1:7402")
	read, err := ReadState(dir)
	require.NoError(t, err)
	require.Equal(t, state, read)

	first.Close()
	_, err = ReadState(dir)
	require.ErrorIs(t, err, ErrNotRunning, "a file that a killed suite left is not a running suite")
	second, err := openHome(dir)
	require.NoError(t, err)
	second.Close()
}

// TestADataFolderThatIsGivenBackIsFree has the lock's file open once more, as a child has it between its fork and its exec.
func TestADataFolderThatIsGivenBackIsFree(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	first, err := openHome(dir)
	require.NoError(t, err)
	forked, err := syscall.Dup(int(first.lock.Fd()))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, syscall.Close(forked)) })
	free, err := lockIsFree(dir)
	require.NoError(t, err)
	require.False(t, free)

	first.Close()
	free, err = lockIsFree(dir)
	require.NoError(t, err)
	require.True(t, free)
}

// The file of a killed suite is there while the next one starts, and holds the lock: nobody may take the one for the other.
func TestASuiteThatStartsIsNotTheOneThatWasKilled(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	require.NoError(t, os.Mkdir(dir, 0o700))
	require.NoError(t, writeState(dir, State{PID: 42}))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var read, second error
	_, err := Up(ctx, Config{
		DataDir: dir, EventsStore: StorePostgres, Environ: []string{}, FreePorts: true,
		Report: func(e Event) {
			if e.Name == processPostgres && e.State == Starting {
				_, read = ReadState(dir)
				_, second = openHome(dir)
				cancel()
			}
		},
	})
	require.ErrorIs(t, err, context.Canceled)
	require.ErrorIs(t, read, ErrNotRunning)
	require.EqualError(t, second, "the suite on "+dir+" is just starting or stopping")
}

func TestNoSuiteIsNotRunning(t *testing.T) {
	_, err := ReadState(t.TempDir())
	require.ErrorIs(t, err, ErrNotRunning)
}

func TestSecretsAreReadableByTheUserAlone(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, writeState(dir, State{}))
	_, err := loadKeys(filepath.Join(dir, keysFile))
	require.NoError(t, err)
	for _, name := range []string{stateFile, keysFile} {
		info, err := os.Stat(filepath.Join(dir, name))
		require.NoError(t, err)
		require.Equal(t, os.FileMode(0o600), info.Mode().Perm(), name)
	}
}
