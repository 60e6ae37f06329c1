// Command devtrail is the one command people type: it starts the suite on this machine, imports Git histories and asks questions.
// It reaches the services over gRPC like any other client.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"devtrail.dev/kit/fault"
	"devtrail.dev/stack"
)

func main() {
	stack.MaybeRun() // In a process of the suite it does not return.
	os.Exit(run())
}

// interrupted is the exit code of a program that SIGINT ended, as shells have it.
const interrupted = 130

func run() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends the process, whatever the command waits for
	err := newRootCommand().ExecuteContext(ctx)
	switch {
	case err == nil:
		return 0
	case ctx.Err() != nil && (errors.Is(err, context.Canceled) || errors.Is(err, fault.Canceled)):
		fmt.Fprintln(os.Stderr, "devtrail: interrupted")
		return interrupted
	default:
		fmt.Fprintln(os.Stderr, "devtrail:", err)
		return 1
	}
}
