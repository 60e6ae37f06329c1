// Package eventsbench runs the benchmarks of services/events/server, where the service and its engines are at hand, for the programs of bench/
// that print their figures.
package eventsbench

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
)

// Run measures the benchmarks that match a pattern for so many rounds each, and prints what they print. Settings are variables of the environment
// besides this process's, NAME=value. The code is compiled as that of the service is. The error is that of go test.
func Run(ctx context.Context, pattern string, rounds int, settings ...string) error {
	pgo, err := servicePGO(ctx)
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, "go", "test", "-pgo", pgo, "-run", "^$", "-bench", pattern, "-v", "-benchtime", strconv.Itoa(rounds)+"x", "-timeout", "1h",
		"devtrail.dev/services/events/server")
	cmd.Env = append(os.Environ(), settings...)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	return cmd.Run()
}

// servicePGO is the profile by which go build compiles the service: it takes that of a command by itself, that of a test only when it is told.
func servicePGO(ctx context.Context) (string, error) {
	cmd := exec.CommandContext(ctx, "go", "list", "-f", "{{.Dir}}", "devtrail.dev/services/events/cmd/events")
	cmd.Stderr = os.Stderr
	dir, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("find the command of the service: %w", err)
	}
	return filepath.Join(string(bytes.TrimSpace(dir)), "default.pgo"), nil
}
