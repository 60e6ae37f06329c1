package stack

import (
	"fmt"
	"os"

	"devtrail.dev/kit/serve"
	"devtrail.dev/stack/engines"
	"devtrail.dev/stack/supervisor"
)

// envProcess tells an executable that it was started to be one service.
const envProcess = "DEVTRAIL_PROCESS"

// MaybeRun must be the first call of main or TestMain in a program that calls
// [Up]. In an ordinary run it returns at once. In a process that the stack
// started from the same executable it runs that service or engine and exits,
// never returning.
func MaybeRun() {
	engines.RunIfEngineProcess()
	name := os.Getenv(envProcess)
	if name == "" {
		return
	}
	for _, s := range services {
		if s.name == name {
			s.live()
		}
	}
	fmt.Fprintf(os.Stderr, "there is no service %q in this executable\n", name)
	os.Exit(1)
}

// live runs the service until it ends, and the process with it.
func (s service) live() {
	if s.prepare != nil {
		s.prepare()
	}
	_ = os.Unsetenv(envProcess) // what we start from here is not a service by itself
	supervisor.WatchLifeline()
	os.Exit(serve.Main(s.name, s.run))
}
