package dbtest

import (
	"crypto/rand"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"
)

// Name returns a database name that says which test made it and that no other
// test has: lower-case letters, digits and underscores, at most 45 bytes,
// valid without quotes in both engines.
func Name(tb testing.TB) string {
	var b strings.Builder
	b.WriteString("t_")
	for _, r := range strings.ToLower(strings.TrimPrefix(tb.Name(), "Test")) {
		if b.Len() == 32 {
			break
		}
		if (r < 'a' || r > 'z') && (r < '0' || r > '9') {
			r = '_'
		}
		b.WriteRune(r)
	}
	return b.String() + "_" + strings.ToLower(rand.Text()[:12])
}

// withDatabase replaces the database in a server's URL.
func withDatabase(tb testing.TB, server, database string) string {
	tb.Helper()
	u, err := url.Parse(server)
	if err != nil {
		tb.Fatalf("dbtest: the server's URL is not a URL: %v", err)
	}
	u.Path = "/" + database
	return u.String()
}

// cleanupTimeout bounds the drop of one database.
const cleanupTimeout = 30 * time.Second

// keepVariable keeps the databases of tests that passed, too, when it is set:
// a benchmark that takes minutes to fill one asks it again in its next run.
const keepVariable = "DEVTRAIL_TEST_KEEP"

// cleanup drops a database when the test passed and says where it is when it
// failed.
func cleanup(tb testing.TB, url string, drop func() error) {
	tb.Cleanup(func() {
		if tb.Failed() || os.Getenv(keepVariable) != "" {
			tb.Logf("dbtest: the database is kept: %s (a shared server ends 15 s after the tests; DEVTRAIL_TEST_GRACE=1h keeps it for a look)", url)
			return
		}
		if err := drop(); err != nil {
			tb.Errorf("dbtest: drop %s: %v", url, err)
		}
	})
}
