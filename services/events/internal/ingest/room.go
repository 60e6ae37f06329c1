package ingest

import (
	"context"

	"devtrail.dev/services/events/internal/queue"
)

// The memory of a block's frames is used again for other frames once it is committed: fresh memory costs more than all that is done with the frames.

// memory is where the frames of a block lie.
type memory struct {
	room     []byte           // of frames that were read
	builders []*queue.Builder // of frames from the shelf
}

// frames returns those that a block is to be made of: from the shelf when it has the next one, otherwise from the log, up to where the shelf begins. What was
// taken from the shelf is in the log only, when the block comes to nothing.
func (d *drain) frames(ctx context.Context) (records []queue.Record, m memory, err error) {
	waiting := d.uncut()
	d.mu.Lock()
	upTo := d.goal
	if !d.shelf.open && waiting <= blockBytes {
		d.shelf.begin(d.goal)
	}
	if d.shelf.open && d.shelf.after > d.cutTo {
		upTo = d.shelf.after
	}
	records, m.builders = d.shelf.take(d.cutTo)
	d.mu.Unlock()
	if len(records) > 0 {
		return records, m, nil
	}
	m.room = d.room(waiting)
	if records, err = d.queue.Read(ctx, d.cutTo, upTo, blockBytes, m.room); err != nil || len(records) > 0 {
		return records, m, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	records, m.builders = d.shelf.take(upTo) // where the shelf begins there may be no frame
	return records, m, nil
}

// free gives the memory of a block back. Nothing of it may be in use.
func (d *drain) free(m memory) {
	d.vacate(m.room)
	d.shelf.giveBack(m.builders...)
}

// smallRoom is for frames that wait while little comes in. A larger room is as large as a block gets: memory that is not written costs nothing, and memory
// that grows is written twice.
const smallRoom = 1 << 20

// room takes one that is free, or a new one, for so many bytes that wait.
func (d *drain) room(waiting int64) []byte {
	if n := len(d.rooms); n > 0 {
		room := d.rooms[n-1]
		d.rooms = d.rooms[:n-1]
		if int64(cap(room)) >= min(waiting, blockBytes) {
			return room
		}
	}
	if waiting > smallRoom {
		return make([]byte, 0, blockBytes)
	}
	return make([]byte, 0, max(waiting, 0))
}

// vacate gives one back.
func (d *drain) vacate(room []byte) {
	if cap(room) > 0 && len(d.rooms) <= inserters {
		d.rooms = append(d.rooms, room[:0])
	}
}
