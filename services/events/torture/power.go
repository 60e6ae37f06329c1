package torture

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"devtrail.dev/kit/pause"
)

// powerService has the service's machine lose its power, with what was not synced, and come back after a while. It stands still before the power goes, as all of a
// machine does: ext4 answers a sync that is under way when it is stopped like this, and whose journal it drops, as if it had come to its end.
func (s *stage) powerService(ctx context.Context, away time.Duration) error {
	s.service.asked.Store(true) // a log that cannot be written ends it
	if err := halt(ctx, s.service.cmd.Process.Pid); err != nil {
		return err
	}
	if err := s.disk.cutPower(); err != nil {
		return fmt.Errorf("cut the power of the log: %w", err)
	}
	s.service.kill()
	if err := s.disk.returnPower(ctx); err != nil {
		return err
	}
	_ = pause.For(ctx, away)
	return s.service.start(ctx)
}

// powerDatabase has the database's machine lose its power, with what was not synced and some folders that the database has no need of, and come back after a while.
func (s *stage) powerDatabase(ctx context.Context, away time.Duration, obsolete []string) error {
	sessions, err := s.engine.freeze() // a process that cannot write ends, and there would be none to kill
	if err != nil {
		return err
	}
	if err := halt(ctx, append(sessions, s.engine.server.Pid())...); err != nil { // as powerService does
		return err
	}
	if err := s.engine.disk.cutPower(); err != nil {
		return fmt.Errorf("cut the power of the database: %w", err)
	}
	return s.engine.kill(ctx, away, func() error {
		for _, pid := range sessions { // one may wait for ever for what another held that could not write
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
		return errors.Join(s.engine.disk.returnPower(ctx), removeAll(obsolete))
	})
}

// The request by which ext4 stops as if its power were lost, and the flag that keeps its journal from being written before: EXT4_IOC_SHUTDOWN and
// EXT4_GOING_FLAGS_NOLOGFLUSH of the kernel's linux/ext4.h. The tests of Linux's file systems (xfstests) do the same.
const (
	shutdownRequest = 0x8004587d
	withoutFlushing = 2
)

// cutPower has nothing reach the disk any more: what was not synced is lost, and what is written or synced from now on fails.
func (v *volume) cutPower() error {
	dir, err := os.Open(v.dir)
	if err != nil {
		return err
	}
	return errors.Join(unix.IoctlSetPointerInt(int(dir.Fd()), shutdownRequest, withoutFlushing), dir.Close())
}

// returnPower has the disk again as it was when its power was lost. All who used it must have ended.
func (v *volume) returnPower(ctx context.Context) error {
	if err := v.unmount(ctx); err != nil {
		return fmt.Errorf("unmount a disk without power: %w", err)
	}
	if err := v.attach(ctx); err != nil {
		return fmt.Errorf("mount a disk that lost its power: %w", err)
	}
	v.mounted = true
	return nil
}
