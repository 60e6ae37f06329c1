package backfill

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"testing"
	"testing/fstest"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"devtrail.dev/services/migrations"
)

// victimSpec is the environment variable that makes the test binary a keeper that kills itself.
const victimSpec = "BACKFILL_TEST_VICTIM"

// victim says what such a process does.
type victim struct {
	PostgresURL, Ledger, Target string
	Backfills                   map[string]string
	// At is the step at which it dies.
	At Step
	// Loose writes the checkpoint outside of the transaction of the batch.
	Loose bool
}

func runVictim(spec string) int {
	var v victim
	if err := json.Unmarshal([]byte(spec), &v); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	s := site{postgresURL: v.PostgresURL, ledger: v.Ledger, target: v.Target}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	k, err := New(ctx, Deps{
		PostgresURL: v.PostgresURL, Targets: s.targets(files(v.Backfills)), Logger: slog.New(slog.NewTextHandler(os.Stderr, nil)), Now: slowly(),
	}, Config{Observe: func(step Step) {
		if step == v.At {
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {} // the signal is on its way
		}
	}})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	if v.Loose {
		loosen(k)
	}
	var running sync.WaitGroup
	running.Go(func() { _ = k.Run(ctx) })
	for b, err := range k.Watch(ctx, "pg", "0001_count") {
		if err != nil || b.State == migrations.BackfillDone || b.State == migrations.BackfillFailed {
			fmt.Fprintf(os.Stderr, "not killed: %+v %v\n", b, err)
			break
		}
	}
	cancel()
	running.Wait()
	k.Close()
	return 1
}

// loosen takes the checkpoint out of the transaction of the batch.
func loosen(k *Keeper) {
	p := k.list[0].engine.(*postgres)
	p.save = func(ctx context.Context, _ pgx.Tx, c checkpoint) error {
		tx, err := p.pool.Begin(ctx)
		if err != nil {
			return err
		}
		if err := saveCheckpoint(ctx, tx, c); err != nil {
			return err
		}
		return tx.Commit(ctx)
	}
}

func (s *site) kill(t *testing.T, backfills map[string]string, at Step, loose bool) {
	t.Helper()
	spec, err := json.Marshal(victim{PostgresURL: s.postgresURL, Ledger: s.ledger, Target: s.target, Backfills: backfills, At: at, Loose: loose})
	require.NoError(t, err)
	exe, err := os.Executable()
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, exe, "-test.run=^$")
	// One that has not come to its step in time must not look like one that died there. It also says where it is.
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGQUIT) }
	cmd.Env = append(os.Environ(), victimSpec+"="+string(spec))
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	require.ErrorAs(t, err, &exit, "the victim ended by itself: %v\n%s", err, out)
	require.Equal(t, syscall.SIGKILL, exit.Sys().(syscall.WaitStatus).Signal(), "output: %s", out)
}

// rowsOfKill make three batches of ten.
const rowsOfKill = 30

// TestKilledAtAnyPointEveryRowIsDoneOnce kills a keeper in a process of its own at every step of every batch, and lets another one finish.
func TestKilledAtAnyPointEveryRowIsDoneOnce(t *testing.T) {
	backfills := counting("-- devtrail: batch 10\n-- devtrail: latency 1ms\n")
	points := []Step{{Phase: Finished}}
	for number := 1; number <= 3; number++ {
		for _, phase := range []Phase{Begun, Made, Checkpointed, Committed} {
			rows := 10
			if phase == Begun {
				rows = 0
			}
			points = append(points, Step{Phase: phase, Number: number, Rows: rows})
		}
	}
	for _, at := range points {
		at.Database, at.Name = "pg", "0001_count"
		t.Run(fmt.Sprintf("%s-%d", at.Phase, at.Number), func(t *testing.T) {
			t.Parallel()
			s := newSite(t, things(rowsOfKill))
			s.kill(t, backfills, at, false)
			s.bring(t, files(backfills), "0001_count")
			require.Equal(t, "30 1 1", s.value(t, "SELECT count(*) || ' ' || min(done) || ' ' || max(done) FROM things"))
			require.Equal(t, "30 done", s.value(t, "SELECT rows_done || ' ' || state FROM devtrail_backfills"))
		})
	}
}

// TestACheckpointOfItsOwnLosesRows is the same with the checkpoint outside of the transaction: the test above would see it.
func TestACheckpointOfItsOwnLosesRows(t *testing.T) {
	t.Parallel()
	backfills := counting("-- devtrail: batch 10\n-- devtrail: latency 1ms\n")
	s := newSite(t, things(rowsOfKill))
	s.kill(t, backfills, Step{Database: "pg", Name: "0001_count", Phase: Checkpointed, Number: 2, Rows: 10}, true)
	s.bring(t, files(backfills), "0001_count")
	require.Equal(t, "10", s.value(t, "SELECT count(*) FROM things WHERE done = 0"))
}

// TestTwoKeepersShareTheWork runs two of them at once, the second without the lock, so that the fence alone keeps them apart.
func TestTwoKeepersShareTheWork(t *testing.T) {
	t.Parallel()
	s := newSite(t, things(3000))
	fsys := files(counting("-- devtrail: batch 10\n"))
	one, other := s.open(t, Config{}, fsys), s.open(t, Config{}, fstest.MapFS(fsys))
	other.locker.database = s.target // another database has other locks
	run(t, one)
	run(t, other)
	awaitState(t, one, "0001_count", migrations.BackfillDone)
	awaitState(t, other, "0001_count", migrations.BackfillDone)
	require.Equal(t, "3000 1 1", s.value(t, "SELECT count(*) || ' ' || min(done) || ' ' || max(done) FROM things"))
}
