package seglog

import (
	"context"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"iter"
	"slices"
	"strings"

	"github.com/google/uuid"

	"devtrail.dev/services/events/internal/queue"
)

// The ids of the horizon stand with their frames, so they are durable at the same moment. When a segment is drained they are written once more, into a file
// for each hour: a CRC-32C of all that follows, and lists of ids, each behind its organization and its length.

// checkBytes is the size of the checksum.
const checkBytes = 4

func idsName(hour uint32, number uint64) string {
	return fmt.Sprintf("%010d-%020d%s", hour, number, idsSuffix)
}

// hourOf returns the hour in the name of a file of ids, false for another file.
func hourOf(name string) (hour uint32, ok bool) {
	hour, _, ok = idsOf(name)
	return hour, ok
}

// idsOf returns the hour and the segment in the name of a file of ids, false for another file.
func idsOf(name string) (hour uint32, number uint64, ok bool) {
	stem, ok := strings.CutSuffix(name, idsSuffix)
	if !ok {
		return 0, 0, false
	}
	_, err := fmt.Sscanf(stem, "%010d-%020d", &hour, &number)
	return hour, number, err == nil
}

// appendIDs adds the ids of a group to what a file is to hold.
func appendIDs(dst []byte, r record) []byte {
	if len(dst) == 0 {
		dst = append(dst, make([]byte, checkBytes)...)
	}
	from, _ := r.ids()
	for i := range r.count() {
		e := r.entry(i)
		if e.ids == 0 {
			continue
		}
		dst = append(dst, e.organization[:]...)
		dst = binary.LittleEndian.AppendUint32(dst, e.ids)
		size := int(e.ids) * idBytes
		dst = append(dst, r[from:from+size]...)
		from += size
	}
	return dst
}

// writeIDs makes the file of an hour of a segment, synced.
func (l *Log) writeIDs(hour uint32, number uint64, ids []byte) error {
	binary.LittleEndian.PutUint32(ids, crc32.Checksum(ids[checkBytes:], castagnoli))
	file, err := l.options.FS.Create(l.path(idsName(hour, number)), category)
	if err != nil {
		return err
	}
	_, err = file.Write(ids)
	if err == nil {
		err = file.SyncData()
	}
	if e := file.Close(); err == nil {
		err = e
	}
	return err
}

// readIDs yields what a file of ids holds.
func (l *Log) readIDs(name string, hour uint32, yield func(queue.Memory, error) bool) bool {
	file, err := l.options.FS.Open(l.path(name))
	if err != nil {
		return yield(queue.Memory{}, err)
	}
	raw, err := io.ReadAll(file)
	if e := file.Close(); err == nil {
		err = e
	}
	if err != nil {
		return yield(queue.Memory{}, err)
	}
	if len(raw) < checkBytes || crc32.Checksum(raw[checkBytes:], castagnoli) != binary.LittleEndian.Uint32(raw) {
		return true // a crash cut it off, and its segment is there still
	}
	for rest := raw[checkBytes:]; len(rest) > 0; {
		size := int(binary.LittleEndian.Uint32(rest[idBytes:])) * idBytes
		if !yield(memoryOf(hour, uuid.UUID(rest[:idBytes]), rest[idBytes+4:][:size]), nil) {
			return false
		}
		rest = rest[idBytes+4+size:]
	}
	return true
}

func memoryOf(hour uint32, organization uuid.UUID, raw []byte) queue.Memory {
	m := queue.Memory{Hour: hour, IDs: make([]uuid.UUID, 0, len(raw)/idBytes), Organization: organization}
	for ; len(raw) > 0; raw = raw[idBytes:] {
		m.IDs = append(m.IDs, uuid.UUID(raw[:idBytes]))
	}
	return m
}

// Remembered yields the ids of drained segments, then those of the others. An id may be yielded twice.
func (l *Log) Remembered(ctx context.Context, since uint32) iter.Seq2[queue.Memory, error] {
	return func(yield func(queue.Memory, error) bool) {
		if err := l.enter(ctx); err != nil {
			yield(queue.Memory{}, err)
			return
		}
		defer l.writing.Done()
		l.using.RLock()
		defer l.using.RUnlock()
		l.writingMu.Lock()
		l.mu.Lock()
		segments, since := slices.Clone(l.segments), max(since, l.floor)
		active := l.active.end
		l.mu.Unlock()
		l.writingMu.Unlock()
		names, err := l.options.FS.List(l.options.Dir)
		if err != nil {
			yield(queue.Memory{}, err)
			return
		}
		slices.Sort(names) // by hour, then by segment
		for _, name := range names {
			if hour, ok := hourOf(name); ok && hour >= since && !l.readIDs(name, hour, yield) {
				return
			}
		}
		for i, s := range segments {
			end := s.end
			if i == len(segments)-1 {
				end = active
			}
			if !s.remembered(end, since, yield) {
				return
			}
		}
	}
}

// remembered yields the ids of a segment.
func (s *segment) remembered(end int64, since uint32, yield func(queue.Memory, error) bool) bool {
	for r, err := range s.scan(end) {
		if err != nil {
			return yield(queue.Memory{}, err)
		}
		if r.kind() != groupKind || r.hour() < since {
			continue
		}
		from, _ := r.ids()
		for i := range r.count() {
			e := r.entry(i)
			size := int(e.ids) * idBytes
			if size > 0 && !yield(memoryOf(r.hour(), e.organization, r.record[from:from+size]), nil) {
				return false
			}
			from += size
		}
	}
	return true
}

// Forget drops the files of hours before one. What stands in segments is passed over from now on; after a crash it may be there again, which harms nobody.
func (l *Log) Forget(ctx context.Context, before uint32) error {
	if err := l.enter(ctx); err != nil {
		return err
	}
	defer l.writing.Done()
	l.mu.Lock()
	l.floor = max(l.floor, before)
	l.mu.Unlock()
	l.using.Lock()
	defer l.using.Unlock()
	names, err := l.options.FS.List(l.options.Dir)
	if err != nil {
		return err
	}
	for _, name := range names {
		if hour, ok := hourOf(name); ok && hour < before {
			if err := l.options.FS.Remove(l.path(name)); err != nil {
				return err
			}
		}
	}
	return nil
}
