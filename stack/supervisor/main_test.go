package supervisor

import (
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"testing"

	"devtrail.dev/kit/leaktest"
)

// envRole makes this test binary a small process of the tables under test.
const envRole = "SUPERVISOR_TEST_ROLE"

func TestMain(m *testing.M) {
	switch os.Getenv(envRole) {
	case "steady":
		steady()
	case "broken":
		fmt.Fprintln(os.Stderr, "no such table")
		os.Exit(3)
	case "parent":
		parent()
	default:
		leaktest.Main(m)
	}
}

// steady says with a file that it is ready and lives until SIGTERM.
func steady() {
	WatchLifeline()
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM)
	mark := os.Getenv("SUPERVISOR_TEST_MARK")
	if err := os.WriteFile(mark, []byte(strconv.Itoa(os.Getpid())), 0o600); err != nil {
		os.Exit(4)
	}
	<-stop
	os.Remove(mark)
	os.Exit(0)
}

// parent starts a steady child and waits to be killed.
func parent() {
	exe, err := os.Executable()
	if err != nil {
		os.Exit(4)
	}
	_, err = StartChild(Command{
		Path: exe, Args: []string{"steady"}, Env: append(os.Environ(), envRole+"=steady"), LogFile: os.Getenv("SUPERVISOR_TEST_LOG"),
	})
	if err != nil {
		os.Exit(4)
	}
	select {}
}
