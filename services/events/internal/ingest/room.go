package ingest

// The memory of a block's frames is used again for another block once it is committed: fresh memory costs more than all that is done with the frames.

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

// vacate gives one back. Nothing of it may be in use.
func (d *drain) vacate(room []byte) {
	if cap(room) > 0 && len(d.rooms) <= inserters {
		d.rooms = append(d.rooms, room[:0])
	}
}
