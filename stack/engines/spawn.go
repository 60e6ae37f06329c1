package engines

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// cleanShared removes what a killed keeper left: its state, its server (on
// platforms where that outlives it) and its data.
func cleanShared(ctx context.Context, dir string) error {
	if err := os.Remove(filepath.Join(dir, "state.json")); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	left, err := withPrefix(filepath.Join(dir, "data-"))
	if err != nil {
		return err
	}
	for _, path := range left {
		if info, err := os.Stat(path); err == nil && info.IsDir() {
			if err := errors.Join(stopOrphan(ctx, path), awaitStatus(ctx, path)); err != nil {
				return err
			}
		}
		if err := removeAllRetry(ctx, path); err != nil {
			return err
		}
	}
	return nil
}

// removeAllRetry removes a folder in which an ending server may still write.
func removeAllRetry(ctx context.Context, path string) error {
	for try := 0; ; try++ {
		err := os.RemoveAll(path)
		if err == nil || try == 100 {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(lockPoll):
		}
	}
}

// startKeeper starts the keeper and waits for its word. It is not waited for:
// it is to outlive us.
func startKeeper(ctx context.Context, kind Kind, dir string, grace time.Duration) (string, error) {
	cmd, err := engineProcess("keeper", "devtrail-keeper-"+string(kind), keeperTask{Dir: dir, Grace: grace, Kind: kind})
	if err != nil {
		return "", err
	}
	logPath := filepath.Join(dir, "keeper.log")
	log, err := os.OpenFile(logPath, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return "", err
	}
	defer log.Close()
	word, tell, err := os.Pipe()
	if err != nil {
		return "", err
	}
	defer word.Close()
	// Own files for its output: `go test` waits until all holders of the test
	// binary's output are gone. Own session: Ctrl-C is not meant for it.
	cmd.Stdout, cmd.Stderr = log, log
	cmd.ExtraFiles = []*os.File{tell}
	cmd.Dir = dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		_ = tell.Close()
		return "", fmt.Errorf("start the keeper: %w", err)
	}
	_ = tell.Close()
	unhook := context.AfterFunc(ctx, func() { _ = word.SetReadDeadline(time.Now()) })
	defer unhook()
	line, err := bufio.NewReader(word).ReadString('\n')
	if err != nil {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Process.Release()
		if ctx.Err() != nil {
			return "", fmt.Errorf("the server was not ready in time: %w", context.Cause(ctx))
		}
		return "", fmt.Errorf("the keeper ended without a word: see %s", logPath)
	}
	if err := cmd.Process.Release(); err != nil {
		return "", err
	}
	if reason, failed := strings.CutPrefix(strings.TrimSpace(line), "error: "); failed {
		return "", errors.New(reason)
	}
	return strings.TrimSpace(line), nil
}
