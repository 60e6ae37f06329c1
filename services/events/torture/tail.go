package torture

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
)

// tear hurts the end of the log's newest file as a loss of power does, while the service is dead: what was written and not synced may be there, be cut
// off, be zeroes or be something else, and beyond what was written may lie anything, such as a piece of what was about to be written. What was synced is
// left as it is: a disk that changes that is broken, which is another matter. It returns how many bytes that were written are hurt.
func tear(dir, notes string, chance *rand.Rand) (hurt int, err error) {
	newest, n, err := newestLog(dir, notes)
	if newest == "" || err != nil {
		return 0, err
	}
	f, err := os.OpenFile(newest, os.O_RDWR, 0)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	from := n.synced
	if n.written > n.synced {
		from += chance.Int64N(n.written - n.synced)
	}
	switch chance.IntN(4) {
	case 0: // cut off
		if err := f.Truncate(from); err != nil {
			return 0, err
		}
	case 1: // blocks that were given to the file and not written
		_, err = f.WriteAt(make([]byte, n.written-from+chance.Int64N(8<<10)), from)
	case 2: // anything
		_, err = f.WriteAt(noise(int(n.written-from)+chance.IntN(8<<10), chance), from)
	default: // a piece of an older record: right bytes at a wrong place
		piece := make([]byte, min(n.synced, 1+chance.Int64N(8<<10)))
		if _, err := f.ReadAt(piece, chance.Int64N(n.synced-int64(len(piece))+1)); err != nil {
			return 0, err
		}
		_, err = f.WriteAt(piece, n.written)
		from = n.written
	}
	if err != nil {
		return 0, err
	}
	return int(n.written - from), f.Sync()
}

// newestLog is the file that was written last: the next may have been made already, and nothing is in it. It is "" where nothing is written at all.
func newestLog(dir, notes string) (name string, n note, err error) {
	logs, err := filepath.Glob(filepath.Join(dir, "*"+walSuffix))
	if err != nil {
		return "", note{}, err
	}
	slices.Sort(logs) // their numbers have leading zeroes
	for _, name := range slices.Backward(logs) {
		n, err := readNote(notes, name)
		if err != nil || n.written > 0 {
			return name, n, err
		}
	}
	return "", note{}, nil
}

func noise(n int, chance *rand.Rand) []byte {
	data := make([]byte, n)
	for i := range data {
		data[i] = byte(chance.Uint32())
	}
	return data
}
