package torture

import (
	"context"
	"encoding/binary"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"devtrail.dev/kit/pause"
)

// disk is the disk of the log, seen by the service. Of each file of the write-ahead log it writes down, in a folder of its own, how much was written and
// how much of that was synced, before the log hears of either: what lies beyond was acknowledged to nobody and handed to no database, so a loss of power
// may hurt it, see tear. Syncs take as long as on a slow disk, so that there is such a rest.
type disk struct {
	vfs.FS
	notes string
}

// slowestSync is how long a sync takes at most.
const slowestSync = 10 * time.Millisecond

// walSuffix ends the names of the files of the write-ahead log.
const walSuffix = ".log"

// note is how much of a file was written and synced, from its start.
type note struct{ written, synced int64 }

// readNote reads what was written down of a file.
func readNote(notes, name string) (note, error) {
	data, err := os.ReadFile(filepath.Join(notes, filepath.Base(name)))
	if err != nil {
		return note{}, err
	}
	if len(data) < 16 {
		return note{}, os.ErrInvalid
	}
	return note{written: int64(binary.LittleEndian.Uint64(data)), synced: int64(binary.LittleEndian.Uint64(data[8:]))}, nil
}

// Create begins a file.
func (d *disk) Create(name string, category vfs.DiskWriteCategory) (vfs.File, error) {
	f, err := d.FS.Create(name, category)
	if err != nil {
		return nil, err
	}
	return d.noted(name, f)
}

// ReuseForWrite begins a file in the place of an old one.
func (d *disk) ReuseForWrite(from, name string, category vfs.DiskWriteCategory) (vfs.File, error) {
	f, err := d.FS.ReuseForWrite(from, name, category)
	if err != nil {
		return nil, err
	}
	return d.noted(name, f)
}

// Unwrap returns the disk below.
func (d *disk) Unwrap() vfs.FS { return d.FS }

func (d *disk) noted(name string, f vfs.File) (vfs.File, error) {
	if !strings.HasSuffix(name, walSuffix) {
		return f, nil
	}
	notes, err := os.OpenFile(filepath.Join(d.notes, filepath.Base(name)), os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, err
	}
	n := &notedFile{File: f, notes: notes}
	return n, n.write(note{})
}

// notedFile is a file of the write-ahead log, which is written from its start to its end.
type notedFile struct {
	vfs.File
	notes *os.File

	mu  sync.Mutex
	now note
}

func (f *notedFile) write(n note) error {
	var data [16]byte
	binary.LittleEndian.PutUint64(data[:], uint64(n.written))
	binary.LittleEndian.PutUint64(data[8:], uint64(n.synced))
	_, err := f.notes.WriteAt(data[:], 0)
	return err
}

// Write appends.
func (f *notedFile) Write(p []byte) (int, error) {
	n, err := f.File.Write(p)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.now.written += int64(n)
	if err == nil {
		err = f.write(f.now)
	}
	return n, err
}

// Sync makes what was written durable.
func (f *notedFile) Sync() error { return f.sync(f.File.Sync) }

// SyncData makes what was written durable.
func (f *notedFile) SyncData() error { return f.sync(f.File.SyncData) }

func (f *notedFile) sync(sync func() error) error {
	f.mu.Lock()
	written := f.now.written
	f.mu.Unlock()
	_ = pause.For(context.Background(), rand.N(slowestSync)) //nolint:gosec // chance
	if err := sync(); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.now.synced = max(f.now.synced, written)
	return f.write(f.now)
}

// Close closes the file, whose notes stay.
func (f *notedFile) Close() error {
	if err := f.notes.Close(); err != nil {
		return err
	}
	return f.File.Close()
}
