package seglog

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/cockroachdb/pebble/v2/vfs"

	"devtrail.dev/services/events/internal/queue"
)

// The ends of the names of files: segments, files that were segments, and ids of segments that were drained. The number of a segment has leading zeroes, so
// names are in the order of numbers.
const (
	segmentSuffix = ".log"
	freeSuffix    = ".free"
	idsSuffix     = ".ids"
)

// category is what the file system is told that the files are for.
const category vfs.DiskWriteCategory = "events-log"

// segment is a file of the log.
type segment struct {
	number uint64
	file   vfs.File
	room   int64          // that was made for it, by the process that begins it
	end    int64          // of its records; of the active one, it belongs to who has the lock on writing
	last   queue.Position // of its frames, or of those before it
}

func segmentName(number uint64) string { return fmt.Sprintf("%020d%s", number, segmentSuffix) }

// numberOf returns the number in the name of a segment, false for another file.
func numberOf(name string) (number uint64, ok bool) {
	digits, ok := strings.CutSuffix(name, segmentSuffix)
	if !ok || len(digits) != 20 {
		return 0, false
	}
	_, err := fmt.Sscanf(digits, "%020d", &number)
	return number, err == nil
}

// stateRoom is kept in a segment for states: they are written although the disk is full.
const stateRoom = 256 << 10

// fits tells whether the active segment has room for a record.
func (l *Log) fits(size int64) bool {
	return l.active.end+size+stateRoom <= min(l.active.room, l.options.SegmentBytes)
}

// roll begins the next segment, of so many bytes. When it returns, what the one before holds is durable, and so is the state at the beginning of
// the new one; after an error the one before goes on. The lock on writing must be held.
func (l *Log) roll(size int64) error {
	if l.active != nil {
		if err := l.syncFile(l.active.file); err != nil {
			return err
		}
	}
	l.spare.mu.Lock()
	defer l.spare.mu.Unlock()
	l.mu.Lock()
	state := stateBytes + int64(len(l.cuts))
	l.mu.Unlock()
	next, err := l.next(max(size, 2*state+commitRoom)) // an earlier version kept bounds that are larger than a segment for states
	if err != nil {
		return err
	}
	l.mu.Lock()
	next.last = l.last
	beginning := appendState(nil, next.number, l.last+1, l.committed, l.cuts)
	l.mu.Unlock()
	if err := l.begin(next, beginning); err != nil {
		return err
	}
	l.active = next
	l.mu.Lock()
	l.segments = append(l.segments, next)
	l.mu.Unlock()
	l.wake(l.prepare)
	l.wake(l.retire) // what it follows may have held states alone
	return nil
}

// begin writes the state into a segment.
func (l *Log) begin(s *segment, state []byte) error {
	_, err := s.file.Write(state)
	if err == nil {
		err = s.file.SyncData()
	}
	if err != nil {
		return errors.Join(err, s.file.Close(), l.options.FS.Remove(l.path(segmentName(s.number))))
	}
	s.end = int64(len(state))
	return nil
}

// trim gives back what the last segment does not use. A process that starts begins another one, since behind the end there may be records that were written
// and never synced; one that is started again and again would take the whole disk. Where a record begins that is not whole, nothing is taken away: mostly a loss
// of power cut it off, but it may be damage, of which somebody wants to see what is left.
func (l *Log) trim() error {
	n := len(l.segments)
	if n == 0 || l.segments[n-1].file.Fd() == vfs.InvalidFd { // not a file of the disk
		return nil
	}
	s := l.segments[n-1]
	torn, err := s.torn()
	if err != nil {
		return err
	}
	if torn {
		l.options.Logger.Warn("the log of accepted events ends with a record that is not whole and was not acknowledged, unless the disk is damaged",
			"segment", segmentName(s.number), "byte", s.end)
		return nil
	}
	return os.Truncate(l.path(segmentName(s.number)), s.end)
}

// torn tells whether a record of the segment begins where those end that are sound.
func (s *segment) torn() (bool, error) {
	info, err := s.file.Stat()
	if err != nil || info.Size() < s.end+recordBytes {
		return false, err
	}
	r := make(record, recordBytes)
	if err := s.readAt(r, s.end); err != nil {
		return false, err
	}
	_, number := r.head()
	return number == s.number, nil
}

// syncDir makes the names of the log's files durable.
func (l *Log) syncDir() error { return syncFolder(l.options.FS, l.options.Dir) }
