package jetstream

import (
	"context"
	"encoding/binary"
	"iter"
	"strconv"
	"strings"
	"sync"

	"github.com/google/uuid"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"devtrail.dev/services/events/internal/queue"
)

// noteBytes is how large a message of ids gets, unless the broker takes less. idsHeader are the bytes before those of an organization.
const (
	noteBytes = 256 << 10
	idsHeader = 16 + 4
)

// note is a message of ids: organization, number, ids, and so on.
type note struct {
	hour uint32
	data []byte
}

// memory brings the ids of durable appends into a stream of their own. An append has its ids with it, so this is in nobody's way and in few large
// messages; a frame is forgotten only after its ids are there.
type memory struct {
	log *Log

	mu      sync.Mutex
	open    note
	full    []note
	sending sync.Mutex // held by who sends
}

func (l *Log) idStream() string { return l.options.Stream + "_IDS" }

func (l *Log) idSubject(hour string) string { return l.options.Stream + ".ids." + hour }

// add takes ids to be sent soon.
func (m *memory) add(hour uint32, organization uuid.UUID, ids []uuid.UUID) {
	m.mu.Lock()
	defer m.mu.Unlock()
	most := min(noteBytes, m.log.room())
	for len(ids) > 0 {
		room := (most - len(m.open.data) - idsHeader) / len(uuid.UUID{})
		if m.open.hour != hour || room <= 0 {
			m.seal()
			m.open.hour = hour
			continue
		}
		taken := ids[:min(len(ids), room)]
		ids = ids[len(taken):]
		m.open.data = binary.BigEndian.AppendUint32(append(m.open.data, organization[:]...), uint32(len(taken)))
		for _, id := range taken {
			m.open.data = append(m.open.data, id[:]...)
		}
	}
}

// empty drops what was added and not sent.
func (m *memory) empty() {
	m.sending.Lock()
	defer m.sending.Unlock()
	m.mu.Lock()
	defer m.mu.Unlock()
	m.open, m.full = note{}, nil
}

// seal ends a note. The memory must be locked.
func (m *memory) seal() {
	if len(m.open.data) > 0 {
		m.full = append(m.full, m.open)
		m.open.data = nil
	}
}

// flush returns when all ids that were added are durable. Some may be written twice, which changes nothing.
func (m *memory) flush(ctx context.Context) error {
	m.sending.Lock()
	defer m.sending.Unlock()
	m.mu.Lock()
	m.seal()
	notes := m.full
	m.mu.Unlock()
	for _, n := range notes {
		msg := nats.NewMsg(m.log.idSubject(strconv.FormatUint(uint64(n.hour), 10)))
		msg.Data = n.data
		patient, cancel := context.WithTimeout(ctx, m.log.options.patience)
		_, err := m.log.js.PublishMsg(patient, msg)
		cancel()
		if err != nil {
			return asFault(err)
		}
		m.mu.Lock()
		m.full = m.full[1:]
		m.mu.Unlock()
	}
	return nil
}

// end writes a message without ids, of an hour that is kept, and returns its sequence: to read up to it is to read all. The last one may be gone, with an
// hour that was forgotten, when hours do not ascend: the clocks of instances differ.
func (m *memory) end(ctx context.Context, hour uint32) (uint64, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	ack, err := m.log.js.PublishMsg(ctx, nats.NewMsg(m.log.idSubject(strconv.FormatUint(uint64(hour), 10))))
	if err != nil {
		return 0, err
	}
	return ack.Sequence, nil
}

// Remembered yields ids since an hour, in the order in which they became durable.
func (l *Log) Remembered(ctx context.Context, since uint32) iter.Seq2[queue.Memory, error] {
	return func(yield func(queue.Memory, error) bool) {
		if err := l.recall(ctx, since, func(m queue.Memory) bool { return yield(m, nil) }); err != nil {
			yield(queue.Memory{}, err)
		}
	}
}

func (l *Log) recall(ctx context.Context, since uint32, yield func(queue.Memory) bool) error {
	leave, err := l.enter(ctx)
	if err != nil {
		return err
	}
	defer leave()
	if err := l.memory.flush(ctx); err != nil {
		return err
	}
	stream, err := l.js.Stream(ctx, l.idStream())
	if err != nil {
		return asFault(err)
	}
	at := stream.CachedInfo().State
	if at.Msgs == 0 {
		return nil
	}
	end, err := l.memory.end(ctx, since)
	if err != nil {
		return asFault(err)
	}
	return l.direct(ctx, l.idStream(), at.FirstSeq, end, func(m stored) (bool, error) {
		hour, err := hourOf(m.subject)
		if err != nil || hour < since {
			return true, err
		}
		r := cursor{rest: m.data}
		for len(r.rest) > 0 {
			memory := queue.Memory{Hour: hour}
			copy(memory.Organization[:], r.take(16))
			memory.IDs = idsOf(r.take(16 * int(r.number(4))))
			if r.failed {
				return false, queue.ErrCorrupt.With("%d bytes are not ids", len(m.data))
			}
			if !yield(memory) {
				return false, nil
			}
		}
		return true, nil
	})
}

// hourOf reads the hour off a subject.
func hourOf(subject string) (uint32, error) {
	hour, err := strconv.ParseUint(subject[strings.LastIndexByte(subject, '.')+1:], 10, 32)
	if err != nil {
		return 0, queue.ErrCorrupt.With("the subject %q names no hour", subject)
	}
	return uint32(hour), nil
}

// Forget drops the hours before one.
func (l *Log) Forget(ctx context.Context, before uint32) error {
	leave, err := l.enter(ctx)
	if err != nil {
		return err
	}
	defer leave()
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	stream, err := l.js.Stream(ctx, l.idStream())
	if err != nil {
		return asFault(err)
	}
	info, err := stream.Info(ctx, jetstream.WithSubjectFilter(l.idSubject("*")))
	if err != nil {
		return asFault(err)
	}
	for subject := range info.State.Subjects {
		hour, err := hourOf(subject)
		if err != nil || hour >= before {
			continue
		}
		if err := stream.Purge(ctx, jetstream.WithPurgeSubject(subject)); err != nil {
			return asFault(err)
		}
	}
	return nil
}
