// Package leaktest looks for goroutines that outlive the tests of a package. It is for tests only and stands beside a request's path.
package leaktest

import (
	"fmt"
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// patience is how long a goroutine may take to end after the tests. Goleak alone waits less than half a second, which is too short on a busy machine.
const patience = 20 * time.Second

// Main is what TestMain of a package without databases calls:
//
//	func TestMain(m *testing.M) { leaktest.Main(m) }
//
// It runs the tests, reports leaked goroutines and exits.
func Main(m *testing.M, options ...goleak.Option) {
	code := m.Run()
	if code == 0 {
		if err := Find(options...); err != nil {
			fmt.Fprintln(os.Stderr, "leaktest: goroutines are left after the tests:", err)
			code = 1
		}
	}
	os.Exit(code)
}

// Find returns an error that shows the goroutines which are left and do not end.
func Find(options ...goleak.Option) error { return find(patience, options...) }

func find(patience time.Duration, options ...goleak.Option) error {
	for deadline := time.Now().Add(patience); ; {
		// Each look waits a little between its tries.
		err := goleak.Find(options...)
		if err == nil || time.Now().After(deadline) {
			return err
		}
	}
}
