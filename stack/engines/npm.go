package engines

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"time"
)

// runNPM installs what the lock file in dir names. Install scripts are not
// run: the only one needed makes symbolic links, which we do ourselves.
func runNPM(ctx context.Context, dir string) error {
	npm, err := exec.LookPath("npm")
	if err != nil {
		return errors.New("npm is not on PATH: install Node.js 18 or newer, which brings it, and try again")
	}
	cmd := exec.CommandContext(ctx, npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
	cmd.Dir = dir
	// The process group catches npm's own children on cancel.
	cmd.SysProcAttr = ownGroup()
	cmd.Cancel = func() error { return killGroup(cmd.Process.Pid) }
	cmd.WaitDelay = 5 * time.Second
	var out bytes.Buffer
	cmd.Stdout = &out
	cmd.Stderr = &out
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			return fmt.Errorf("npm was stopped: %w", context.Cause(ctx))
		}
		return explainNPM(err, out.String())
	}
	return nil
}

// explainNPM turns npm's many lines into one sentence with its cause.
func explainNPM(err error, output string) error {
	has := func(words ...string) bool {
		for _, w := range words {
			if strings.Contains(output, w) {
				return true
			}
		}
		return false
	}
	switch {
	case has("ENOSPC", "no space left on device"):
		return fmt.Errorf("no disk space: the engines need about 800 MB in the cache folder (set %s to another disk)", EnvCacheDir)
	case has("EDQUOT", "disk quota exceeded"):
		return fmt.Errorf("the disk quota is used up: the engines need about 800 MB in the cache folder (set %s to another disk)", EnvCacheDir)
	case has("ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ECONNRESET", "ETIMEDOUT", "ENETUNREACH", "EHOSTUNREACH", "ERR_SOCKET_TIMEOUT"):
		return errors.New("the package registry cannot be reached: check the network or npm's registry and proxy settings, and try again")
	case has("EINTEGRITY"):
		return errors.New("a fetched package differs from its pinned hash and was refused: check npm's registry setting")
	case has("E404", "E403", "ETARGET"):
		return fmt.Errorf("the package registry does not offer the pinned version: %s", firstLine(output))
	}
	return fmt.Errorf("npm ci failed (%w): %s", err, firstLine(output))
}

// firstLine returns npm's first line that says something.
func firstLine(output string) string {
	for line := range strings.Lines(output) {
		line = strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(line), "npm error"))
		if line != "" && !strings.HasPrefix(line, "code ") {
			return line
		}
	}
	return "it printed nothing"
}
