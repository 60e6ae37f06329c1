package torture

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
)

// volume is the small disk of the log: a file system of its own, which can be filled.
type volume struct {
	dir     string
	mounted bool
}

// volumeBytes is its size, and spareBytes what the service is told to leave free. The log needs room for segments that are drained and used again.
const (
	volumeBytes = 512 << 20
	spareBytes  = 16 << 20
)

// mount makes the disk. Where mounting is not permitted it is an ordinary folder, which nothing fills.
func (v *volume) mount(ctx context.Context) error {
	if err := os.MkdirAll(v.dir, 0o700); err != nil {
		return err
	}
	err := exec.CommandContext(ctx, "mount", "-t", "tmpfs", "-o", fmt.Sprintf("size=%d", volumeBytes), "tmpfs", v.dir).Run() //nolint:gosec // the folder is ours
	v.mounted = err == nil
	return nil
}

func (v *volume) unmount(ctx context.Context) error {
	if !v.mounted {
		return nil
	}
	v.mounted = false
	return exec.CommandContext(ctx, "umount", v.dir).Run() //nolint:gosec // the folder is ours
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

// free takes the ballast away.
func (v *volume) free() error { return os.Remove(v.ballast()) }
