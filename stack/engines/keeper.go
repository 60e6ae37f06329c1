package engines

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// keeperTask is what a keeper process is told to do.
type keeperTask struct {
	Dir   string
	Grace time.Duration
	Kind  Kind
}

// runKeeper is the life of a keeper: it starts the shared server, tells its
// address, waits until nobody has used it for the grace period, and removes
// everything.
func runKeeper(task keeperTask) error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	tell := os.NewFile(3, "tell")
	defer tell.Close()
	own, err := lockFile(ctx, filepath.Join(task.Dir, "keeper.lock"), exclusive)
	if err != nil {
		return err
	}
	defer own.Close()
	data := filepath.Join(task.Dir, fmt.Sprintf("data-%d", os.Getpid()))
	server, err := task.start(ctx, data)
	if err != nil {
		fmt.Fprintln(tell, "error:", oneLine(err))
		return errors.Join(err, removeWithPrefix(data))
	}
	if err := writeState(task.Dir, server.URL()); err != nil {
		fmt.Fprintln(tell, "error:", oneLine(err))
		return errors.Join(err, server.Stop(ctx), removeWithPrefix(data))
	}
	fmt.Fprintln(tell, server.URL())
	_ = tell.Close()

	lease := task.keep(ctx, server)
	// First the address, so that no newcomer gets a server that is ending.
	err = os.Remove(filepath.Join(task.Dir, "state.json"))
	err = errors.Join(err, server.Err(), server.Stop(context.Background()), removeWithPrefix(data))
	if lease != nil {
		err = errors.Join(err, leaveShared(task.Dir))
		_ = lease.Close()
	}
	return err
}

// start runs the server with settings for tests: fast, and careless about
// power cuts.
func (t keeperTask) start(ctx context.Context, data string) (*Server, error) {
	ctx, cancel := context.WithTimeout(ctx, startGrace)
	defer cancel()
	if t.Kind == Postgres {
		return StartPostgres(ctx, PostgresConfig{
			DataDir:        data,
			MaxConnections: 300,
			Settings:       map[string]string{"max_locks_per_transaction": "256"},
			Trust:          true,
		})
	}
	return StartClickHouse(ctx, ClickHouseConfig{DataDir: data})
}

// keep returns when the server is to end: the exclusive lease after the grace
// period without users, nil when the server ended by itself, a signal came or
// the folder is gone.
func (t keeperTask) keep(ctx context.Context, server *Server) *fileLock {
	path := filepath.Join(t.Dir, "lease")
	tick := time.NewTicker(min(500*time.Millisecond, t.Grace/4+time.Millisecond))
	defer tick.Stop()
	used := time.Now()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-server.Done():
			return nil
		case <-tick.C:
		}
		lease, err := tryLockFile(path, exclusive)
		if errors.Is(err, fs.ErrNotExist) { // the folder was removed: nobody finds the server any more
			return nil
		}
		if err != nil {
			used = time.Now()
			continue
		}
		if time.Since(used) >= t.Grace {
			return lease
		}
		_ = lease.Close()
	}
}

// writeState publishes the address in one step.
func writeState(dir, url string) error {
	data, err := json.Marshal(sharedState{URL: url})
	if err != nil {
		return err
	}
	temp := filepath.Join(dir, "state.json.new")
	if err := os.WriteFile(temp, data, 0o600); err != nil {
		return err
	}
	return os.Rename(temp, filepath.Join(dir, "state.json"))
}

// leaveShared removes the folder of an ending keeper that holds the lease. The
// lease goes last: whoever waits for it finds the file gone and begins anew, and
// the folder, with all that he puts there, is his from then on.
func leaveShared(dir string) error {
	entries, err := os.ReadDir(dir)
	for _, e := range entries {
		if e.Name() != "lease" {
			err = errors.Join(err, os.RemoveAll(filepath.Join(dir, e.Name())))
		}
	}
	err = errors.Join(err, os.Remove(filepath.Join(dir, "lease")))
	_ = os.Remove(dir)               // stays when somebody is in it already
	_ = os.Remove(filepath.Dir(dir)) // stays while the other engine's folder is in it
	return err
}

func oneLine(err error) string { return strings.ReplaceAll(err.Error(), "\n", "; ") }
