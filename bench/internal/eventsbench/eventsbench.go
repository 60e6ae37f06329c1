// Package eventsbench runs the benchmarks of services/events/server, where the service and its engines are at hand, for the programs of bench/
// that print their figures.
package eventsbench

import (
	"context"
	"os"
	"os/exec"
	"strconv"
)

// Run measures the benchmarks that match a pattern for so many rounds each, and prints what they print. Settings are variables of the environment
// besides this process's, NAME=value. The error is that of go test.
func Run(ctx context.Context, pattern string, rounds int, settings ...string) error {
	cmd := exec.CommandContext(ctx, "go", "test", "-run", "^$", "-bench", pattern, "-v", "-benchtime", strconv.Itoa(rounds)+"x", "-timeout", "1h",
		"devtrail.dev/services/events/server")
	cmd.Env = append(os.Environ(), settings...)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	return cmd.Run()
}
