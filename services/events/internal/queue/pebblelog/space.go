package pebblelog

import "math"

// lookEvery is how many bytes are written between two looks at the disk.
const lookEvery = 4 << 20

// space remembers how much of the disk is free, less what was written since. The zero value knows nothing.
type space struct {
	looked bool
	left   int64 // at the last look, less what was written since
	unseen int64 // written since the last look
}

// free says how much of the disk is free before so many bytes are written. It looks again after lookEvery bytes, and always when it gets tight.
func (s *space) free(o Options, size int64) (int64, error) {
	if o.Spare == 0 {
		return math.MaxInt64, nil
	}
	if !s.looked || s.unseen > lookEvery || s.left < o.Spare+lookEvery+size {
		usage, err := o.FS.GetDiskUsage(o.Dir)
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
