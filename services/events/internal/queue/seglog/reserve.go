package seglog

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io/fs"
	"maps"
	"os"
	"slices"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// reserve is a file that has room for the ids of a segment: on a full disk a drained segment gives its room back only when its ids are written, which takes some
// room first. A version that does not know it takes it for a free file.
const reserve = "reserve" + freeSuffix

// errNoReserve says that nothing has the room that the disk does not have.
var errNoReserve = errors.New("no file is kept that has room for the ids of a segment")

// reserveBytes is more than ids take of a segment: an event has sixteen bytes of id, and four times that at least beside it.
func (l *Log) reserveBytes() int64 { return l.options.SegmentBytes / 4 }

// makeReserve makes the reserve, or gives one that is there its room. Where there is none the log does without, and tries again when it takes the next segment
// away.
func (l *Log) makeReserve() {
	if l.reserved {
		return
	}
	name := l.path(reserve)
	var file vfs.File
	_, err := l.options.FS.Stat(name)
	if err == nil {
		file, err = l.options.FS.ReuseForWrite(name, name, category)
	} else {
		file, err = l.options.FS.Create(name, category)
	}
	if err != nil {
		return
	}
	disk := file.Fd() != vfs.InvalidFd // elsewhere a file cannot be cut to its length
	err = file.Preallocate(0, l.reserveBytes())
	if err = errors.Join(err, file.Close()); err == nil && disk {
		l.reserved = true
		return
	}
	_ = l.options.FS.Remove(name) // a half of it is of no use
}

// keepIDs writes the ids of a segment, by hour, into files of their own, synced. Where the disk has no room for them they go into the reserve, and tight is true.
func (l *Log) keepIDs(number uint64, hours map[uint32][]byte) (tight bool, err error) {
	sorted := slices.Sorted(maps.Keys(hours))
	for _, hour := range sorted { // oldest first, as they are remembered meanwhile
		if err = l.writeIDs(hour, number, hours[hour]); err != nil {
			break
		}
	}
	if err == nil {
		return false, nil
	}
	if e := l.dropIDs(number, sorted); e != nil || !noRoom(err) {
		return false, errors.Join(err, e)
	}
	// There is one file, for the last of the hours: what is remembered longer than it must be harms nobody.
	last := sorted[len(sorted)-1]
	all := hours[sorted[0]]
	for _, hour := range sorted[1:] {
		all = append(all, hours[hour][checkBytes:]...)
	}
	if e := l.spendReserve(last, number, all); e != nil {
		return false, errors.Join(err, e, l.dropIDs(number, sorted))
	}
	return true, nil
}

// dropIDs takes away what was written of the ids of a segment, which has them still: a part of a file is of no use, and takes room.
func (l *Log) dropIDs(number uint64, hours []uint32) error {
	l.using.Lock()
	defer l.using.Unlock()
	var mistakes []error
	for _, hour := range hours {
		if err := l.options.FS.Remove(l.path(idsName(hour, number))); !errors.Is(err, fs.ErrNotExist) {
			mistakes = append(mistakes, err)
		}
	}
	return errors.Join(mistakes...)
}

// spendReserve makes a file of ids of the reserve, or of a free file where there is none, and gives back what it does not use.
func (l *Log) spendReserve(hour uint32, number uint64, ids []byte) error {
	from := reserve
	if !l.reserved {
		if from = l.takeFree(); from == "" {
			return errNoReserve
		}
	}
	l.reserved = false
	name := l.path(idsName(hour, number))
	binary.LittleEndian.PutUint32(ids, crc32.Checksum(ids[checkBytes:], castagnoli))
	file, err := l.options.FS.ReuseForWrite(l.path(from), name, category)
	if err != nil {
		return err
	}
	if _, err = file.Write(ids); err == nil {
		err = os.Truncate(name, int64(len(ids)))
	}
	if err == nil {
		err = file.SyncData()
	}
	return errors.Join(err, file.Close())
}

// takeFree returns a free file that nobody else uses from now on, none when there is none.
func (l *Log) takeFree() (name string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if n := len(l.free); n > 0 {
		name, l.free = l.free[n-1], l.free[:n-1]
	}
	return name
}
