package main

import (
	"bytes"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// deaf is set in a process that runs a command which a signal cannot interrupt: it reads what its parent never ends.
const deaf = "DEVTRAIL_TEST_DEAF"

func TestASecondSignalEndsTheProcess(t *testing.T) {
	if os.Getenv(deaf) != "" {
		os.Args = []string{"devtrail", "catalog", "insights", "create", "name", "--file", "-", "--address", "127.0.0.1:1", "--identity-address", "127.0.0.1:1", "--key", testKey}
		os.Exit(run())
	}
	t.Parallel()
	exe, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), exe, "-test.run", "^TestASecondSignalEndsTheProcess$")
	cmd.Env = append(os.Environ(), deaf+"=1")
	in, err := cmd.StdinPipe()
	require.NoError(t, err)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	require.NoError(t, cmd.Start())
	_, err = in.Write(bytes.Repeat([]byte{' '}, 1<<20)) // far more than a pipe holds: it is read
	require.NoError(t, err)
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	limit, again := time.After(10*time.Second), time.NewTicker(20*time.Millisecond)
	defer again.Stop()
	for {
		select {
		case <-ended:
			status := cmd.ProcessState.Sys().(syscall.WaitStatus)
			require.True(t, status.Signaled(), "%s: %s", cmd.ProcessState, out.String())
			require.Equal(t, syscall.SIGINT, status.Signal())
			return
		case <-again.C:
			_ = cmd.Process.Signal(os.Interrupt) // it may have ended meanwhile
		case <-limit:
			_ = cmd.Process.Kill()
			<-ended
			require.Fail(t, "it does not end", out.String())
		}
	}
}
