package jetstream

import (
	"bytes"
	"context"

	"devtrail.dev/services/events/internal/queue"
)

// Read returns frames in their order.
func (l *Log) Read(ctx context.Context, after, upTo queue.Position, limit int, room []byte) (records []queue.Record, err error) {
	leave, err := l.enter(ctx)
	if err != nil {
		return nil, err
	}
	defer leave()
	l.mu.Lock()
	next := l.waiting.After(after)
	end := l.next - 1 // of the messages that an append may have
	l.mu.Unlock()
	if next == 0 || next > upTo {
		return nil, nil
	}
	err = l.groups(ctx, sequenceOf(next), end, func(sequence uint64, _ uint32, entries []queue.Entry) bool {
		for i, e := range entries {
			at := positionOf(sequence, i)
			if at <= after {
				continue
			}
			if limit -= int(weight(e)); at > upTo || limit < 0 && len(records) > 0 {
				return false
			}
			rest, frame := queue.Place(room, e.Frame)
			room = rest
			records = append(records, queue.Record{Frame: frame, Position: at})
		}
		return positionOf(sequence, len(entries)-1) < upTo
	})
	return records, err
}

// groups visits appends whose messages are between two sequences, until visit returns false. One that is not whole was never acknowledged.
func (l *Log) groups(ctx context.Context, from, upTo uint64, visit func(sequence uint64, hour uint32, entries []queue.Entry) bool) error {
	var first uint64
	var of int
	var pieces [][]byte
	return l.direct(ctx, l.options.Stream, from, upTo, func(m stored) (bool, error) {
		p := pieceOf(m.data)
		switch {
		case p.kind == kindPiece && p.number == 0:
			first, of, pieces = m.sequence, p.of, [][]byte{p.bytes}
		case p.kind == kindPiece && len(pieces) > 0 && p.number == len(pieces) && m.sequence == first+uint64(p.number):
			pieces = append(pieces, p.bytes)
		default:
			pieces = nil
		}
		if len(pieces) == 0 || len(pieces) < of {
			return true, nil
		}
		hour, entries, err := decodeGroup(bytes.Join(pieces, nil))
		pieces = nil
		if err != nil {
			return false, err
		}
		return visit(first, hour, entries), nil
	})
}
