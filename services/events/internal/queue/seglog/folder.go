package seglog

import (
	"errors"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// makeFolder makes a folder, and those above it that are missing, with names that are durable: what is synced in a folder that has no name after a loss of power
// is lost with it.
func makeFolder(fs vfs.FS, dir string) error {
	var parents []string // of those that are missing, the nearest first
	for at := dir; ; {
		_, err := fs.Stat(at)
		parent := fs.PathDir(at)
		if err == nil || parent == at {
			break
		}
		parents = append(parents, parent)
		at = parent
	}
	if err := fs.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	for _, parent := range parents {
		if err := syncFolder(fs, parent); err != nil {
			return err
		}
	}
	return nil
}

// syncFolder makes the names of files in a folder durable.
func syncFolder(fs vfs.FS, dir string) error {
	folder, err := fs.OpenDir(dir)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}
