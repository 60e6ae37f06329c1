package jetstream

import (
	"context"

	"devtrail.dev/services/events/internal/queue"
)

// pending is an append on its way.
type pending struct {
	log     *Log
	first   queue.Position
	hour    uint32
	entries []queue.Entry // their ids alone
	done    chan struct{}
	err     error // set before done is closed
}

// First returns the position of the first entry.
func (p *pending) First() queue.Position { return p.first }

// Wait waits for the brokers.
func (p *pending) Wait() error {
	<-p.done
	return p.err
}

// settle answers. What is durable is remembered from now on.
func (p *pending) settle(err error) {
	if err == nil {
		for _, e := range p.entries {
			p.log.memory.add(p.hour, e.Organization, e.IDs)
		}
	}
	p.err = err
	close(p.done)
	p.log.mu.Lock()
	defer p.log.mu.Unlock()
	if p.log.pending--; p.log.pending == 0 && p.log.closed {
		close(p.log.idle)
	}
}

// message is one message of an append.
type message struct {
	sequence uint64
	data     []byte
	append   *pending // set with the last message of it
}

// Append gives the entries their positions and leaves them to the sender.
func (l *Log) Append(ctx context.Context, hour uint32, entries []queue.Entry) (queue.Pending, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if len(entries) > maxEntries {
		return nil, queue.ErrFull.With("an append of %d entries has more than %d", len(entries), maxEntries)
	}
	var size int64
	for _, e := range entries {
		size += weight(e)
	}
	body := encodeGroup(hour, entries)
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.ready(); err != nil {
		return nil, err
	}
	if stats := l.waiting.Stats(); stats.Bytes+size > l.options.Bytes {
		return nil, queue.ErrFull.With("%d bytes of accepted events wait for the database, at most %d may", stats.Bytes, l.options.Bytes).RetryAfter(fullRetry)
	}
	p := &pending{log: l, first: positionOf(l.next, 0), hour: hour, done: make(chan struct{})}
	for i, e := range entries {
		l.waiting.Add(queue.Waiting{Bytes: weight(e), Position: p.first + queue.Position(i), Received: e.Received})
		if len(e.IDs) > 0 {
			p.entries = append(p.entries, queue.Entry{IDs: e.IDs, Organization: e.Organization})
		}
	}
	l.last = p.first + queue.Position(len(entries)-1)
	room := l.room()
	pieces := (len(body) + room - 1) / room
	for i := range pieces {
		m := message{data: encodePiece(kindPiece, l.writer, i, pieces, body[i*room:min(len(body), (i+1)*room)]), sequence: l.next}
		if i == pieces-1 {
			m.append = p
		}
		l.outgoing = append(l.outgoing, m)
		l.next++
	}
	l.pending++
	l.poke()
	return p, nil
}

// room is how many bytes a piece may have: what the broker takes, less headers, and not so much that one message stops all others.
func (l *Log) room() int {
	const headers, most = 4 << 10, 1 << 20
	return max(min(int(l.nc.MaxPayload()), most)-headers, headers)
}

func (l *Log) poke() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}
