// Package dbtest gives tests fresh databases on real engines. It is for tests
// only and stands at the end of a request's path: instead of the databases of
// an installation, a store under test gets a database of its own.
//
// One PostgreSQL and one ClickHouse are shared by all test processes of a run
// (see package engines); DEVTRAIL_TEST_POSTGRES_URL and
// DEVTRAIL_TEST_CLICKHOUSE_URL name servers of the user's own instead, as a
// role that may create databases. A database is dropped when its test passed
// and kept, with its URL printed, when it failed.
package dbtest

import (
	"context"
	"fmt"
	"os"
	"sync"
	"testing"
	"time"

	"devtrail.dev/kit/leaktest"
	"devtrail.dev/stack/engines"
)

// Main is what TestMain of every package with databases calls:
//
//	func TestMain(m *testing.M) { dbtest.Main(m) }
//
// It runs the tests, releases the shared servers, reports leaked goroutines
// and exits. A process that is to be an engine becomes one and runs no test.
func Main(m *testing.M) {
	engines.RunIfEngineProcess()
	code := m.Run()
	leases.release()
	if code == 0 {
		if err := leaktest.Find(); err != nil {
			fmt.Fprintln(os.Stderr, "dbtest: goroutines are left after the tests:", err)
			code = 1
		}
	}
	os.Exit(code)
}

// PostgresServer returns an administrator's URL of the shared PostgreSQL, for
// tests that need several databases of their own making. Such a test gives
// them names nobody else takes (see Name) and drops them.
func PostgresServer(tb testing.TB) string {
	tb.Helper()
	return server(tb, engines.Postgres)
}

// ClickHouseServer returns an administrator's URL of the shared ClickHouse, as
// PostgresServer does.
func ClickHouseServer(tb testing.TB) string {
	tb.Helper()
	return server(tb, engines.ClickHouse)
}

func server(tb testing.TB, kind engines.Kind) string {
	tb.Helper()
	url, err := leases.url(kind)
	if err != nil {
		tb.Fatalf("dbtest: %v", err)
	}
	return url
}

// leases are this process's holds on the shared servers: a server is found
// once a process and kept until Main ends, because tests come and go. A test
// binary is a program of its own, so this is its one place for them.
var leases leaseTable

type leaseTable struct {
	mu   sync.Mutex
	held map[engines.Kind]*engines.Lease
}

// startTimeout covers a first fetch of the engines over a slow line.
const startTimeout = 10 * time.Minute

func (l *leaseTable) url(kind engines.Kind) (string, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if lease := l.held[kind]; lease != nil {
		return lease.URL(), nil
	}
	// The lease outlives the test that asks first, and so does its context.
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	lease, err := engines.Shared(ctx, kind)
	if err != nil {
		return "", err
	}
	if l.held == nil {
		l.held = map[engines.Kind]*engines.Lease{}
	}
	l.held[kind] = lease
	return lease.URL(), nil
}

func (l *leaseTable) release() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, lease := range l.held {
		lease.Release()
	}
	l.held = nil
}
