// Package diskspace tells the logs of this machine how much room their disk has, without asking it at each write. It stands below queue/seglog and
// queue/pebblelog.
package diskspace

import (
	"math"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// lookEvery is how many bytes are written between two looks at the disk.
const lookEvery = 4 << 20

// Space remembers how much of the disk is free, less what was written since. The zero value knows nothing. It is for one goroutine at a time.
type Space struct {
	looked bool
	left   int64 // at the last look, less what was written since
	unseen int64 // written since the last look
}

// Free says how many bytes of a folder's disk are free before size more are written. It looks again every few megabytes, and always when little more than
// spare is left. Without a spare it never looks, and everything is free.
func (s *Space) Free(fs vfs.FS, dir string, spare, size int64) (int64, error) {
	if spare == 0 {
		return math.MaxInt64, nil
	}
	if !s.looked || s.unseen > lookEvery || s.left < spare+lookEvery+size {
		usage, err := fs.GetDiskUsage(dir)
		if err != nil {
			return 0, err
		}
		s.looked, s.unseen, s.left = true, 0, int64(min(usage.AvailBytes, math.MaxInt64))
	}
	free := s.left
	s.unseen += size
	s.left -= size
	return free, nil
}
