package torture

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
)

// volume is a disk: an ext4 file system of its own in a file, which can be filled and can lose its power.
type volume struct {
	dir     string
	bytes   int64
	mounted bool
}

// How large the disks of the log and of the database are, and how much the service is told to leave free. The log needs room for segments that are drained
// and used again.
const (
	logDiskBytes      = 512 << 20
	databaseDiskBytes = 8 << 30 // of which the file has what was written
	spareBytes        = 16 << 20
)

func (v *volume) image() string { return v.dir + ".img" }

// mount makes the disk. Where mounting is not permitted, or no ext4 can be made, it is an ordinary folder, which nothing fills and whose power stays.
func (v *volume) mount(ctx context.Context) error {
	if err := os.MkdirAll(v.dir, 0o755); err != nil { //nolint:gosec // the database may run as another user
		return err
	}
	if err := os.WriteFile(v.image(), nil, 0o600); err != nil {
		return err
	}
	if err := os.Truncate(v.image(), v.bytes); err != nil {
		return err
	}
	if exec.CommandContext(ctx, "mkfs.ext4", "-q", "-F", "-m", "0", v.image()).Run() == nil { //nolint:gosec // the file is ours
		v.mounted = v.attach(ctx) == nil
	}
	return nil
}

func (v *volume) attach(ctx context.Context) error {
	return exec.CommandContext(ctx, "mount", "-o", "loop", v.image(), v.dir).Run() //nolint:gosec // the folder is ours
}

func (v *volume) unmount(ctx context.Context) error {
	if !v.mounted {
		return nil
	}
	v.mounted = false
	var err error
	until(ctx, patience, func() bool { // a process that was killed may hold it a moment longer
		err = exec.CommandContext(ctx, "umount", v.dir).Run() //nolint:gosec // the folder is ours
		return err == nil
	})
	return err
}

func (v *volume) ballast() string { return filepath.Join(v.dir, "ballast") }

// fill leaves nothing free.
func (v *volume) fill() error {
	f, err := os.OpenFile(v.ballast(), os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	size := int64(0)
	for step := int64(64 << 20); step >= 4<<10; {
		err := syscall.Fallocate(int(f.Fd()), 0, size, step)
		switch {
		case errors.Is(err, syscall.ENOSPC):
			step /= 2
		case err != nil:
			return errors.Join(err, f.Close())
		default:
			size += step
		}
	}
	return f.Close()
}

// free takes the ballast away, for good: one that a loss of power brings back would leave the disk full for ever.
func (v *volume) free() error {
	if err := os.Remove(v.ballast()); err != nil {
		return err
	}
	dir, err := os.Open(v.dir)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
