// Command writelock measures how long writes wait for schema changes: 50 clients write without a pause while a column, an index, a foreign key and a
// not-null come to the table that they write to, first by the runner of the migrations service from files that pass its lint, then naively,
// in one transaction of plain statements without a lock timeout. Now and then a reader holds a transaction of 3 s on the table.
//
//	go run ./bench/writelock            on a server of its own that keeps nothing at a crash, as tests have it
//	go run ./bench/writelock -durable   on one that waits for its disk
//
// No write may wait for the runner longer than the lock timeout and 100 ms. What waits for whom is asked of Postgres every 20 ms, so that a busy machine
// is not taken for a lock. Beside it stands what the clients saw, with the longest write before the change as the cost of the machine itself.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"time"

	"devtrail.dev/stack/engines"
)

// grace is what a write may wait beyond the lock timeout: Postgres needs a moment to notice the timeout and to wake those who wait.
const grace = 100 * time.Millisecond

// options is what the command was asked for.
type options struct {
	rows, clients int
	lockTimeout   time.Duration // of the runner
	quiet         time.Duration // how long writes are measured at least before the change
	durable       bool
}

func main() {
	engines.RunIfEngineProcess()
	var o options
	flag.IntVar(&o.rows, "rows", 300_000, "rows of the table that is changed")
	flag.IntVar(&o.clients, "clients", 50, "clients that write")
	flag.DurationVar(&o.lockTimeout, "lock-timeout", 500*time.Millisecond, "lock timeout of the runner")
	flag.DurationVar(&o.quiet, "quiet", 2*time.Second, "how long writes are measured at least before each change")
	flag.BoolVar(&o.durable, "durable", false, "let the server wait for the disk")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "writelock:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o options) error {
	if o.rows < ownerShare || o.clients < 1 || o.lockTimeout <= 0 || o.quiet <= 0 {
		return fmt.Errorf("-rows must be %d or more, the others more than nothing", ownerShare)
	}
	dir, err := os.MkdirTemp("", "writelock")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	// The server may run as another user.
	if err := os.Chmod(dir, 0o755); err != nil { //nolint:gosec // the folder holds no secrets
		return err
	}
	server, err := engines.StartPostgres(ctx, engines.PostgresConfig{
		DataDir: filepath.Join(dir, "data"), Durable: o.durable, MaxConnections: o.clients + 50, Progress: os.Stderr, Trust: true,
	})
	if err != nil {
		return err
	}
	defer func() { _ = server.Stop(context.WithoutCancel(ctx)) }()

	fmt.Printf("%d clients write, %d rows, lock timeout %s\n", o.clients, o.rows, o.lockTimeout)
	ours, err := measure(ctx, server.URL(), "ours", o, bring)
	if err != nil {
		return fmt.Errorf("ours: %w", err)
	}
	ours.print("ours")
	naive, err := measure(ctx, server.URL(), "naive", o, alter)
	if err != nil {
		return fmt.Errorf("naive: %w", err)
	}
	naive.print("naive")
	return judge(ours, o.lockTimeout)
}

// judge holds the change by the runner against the aim.
func judge(ours result, lockTimeout time.Duration) error {
	most := lockTimeout + grace
	bound := most + ours.before.longest
	fmt.Printf("ours: longest wait behind the change %s (aim at most %s), longest write %s (aim at most %s, which is with the longest of before)\n",
		milli(ours.blocked), milli(most), milli(ours.during.longest), milli(bound))
	switch {
	case ours.blocked > most:
		return errors.New("the aim is missed: a write waited too long behind the runner")
	case ours.during.longest > bound:
		return errors.New("the aim is missed: a write took too long while the runner worked")
	}
	return nil
}

func (r result) print(name string) {
	fmt.Printf("%s: the change took %s\n", name, milli(r.took))
	fmt.Printf("  longest write: before %s, during %s\n", milli(r.before.longest), milli(r.during.longest))
	fmt.Printf("  writes of more than %s: before %d of %d, during %d of %d\n",
		milli(slow), r.before.slow, r.before.writes, r.during.slow, r.during.writes)
	fmt.Printf("  longest wait behind the change: %s, looked at every %s or sooner\n", milli(r.blocked), milli(r.gap))
}

func milli(d time.Duration) string { return fmt.Sprintf("%d ms", d.Milliseconds()) }
