package jetstream

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"

	"github.com/nats-io/nats.go"

	"devtrail.dev/kit/pause"
	"devtrail.dev/services/events/internal/queue"
)

// A request for messages asks for at most so many, and bytes.
const (
	directMessages = 1000
	directBytes    = 4 << 20
)

// stored is a message of a stream.
type stored struct {
	sequence uint64
	subject  string
	data     []byte
}

// direct visits the messages of a stream from one sequence up to another, in order, until visit returns false. It uses the batches of
// "direct get" (NATS ADR-31), which need no consumer and may be answered by any broker that has the stream. A broker that lags behind is asked again.
func (l *Log) direct(ctx context.Context, stream string, from, upTo uint64, visit func(stored) (bool, error)) error {
	for empty := 0; from <= upTo; {
		n := 0
		err := l.batch(ctx, stream, from, func(m stored) (bool, error) {
			if m.sequence > upTo {
				from = m.sequence
				return false, nil
			}
			n, from = n+1, m.sequence+1
			return visit(m)
		})
		switch {
		case errors.Is(err, errEnough):
			return nil
		case err != nil:
			return err
		case n > 0:
			empty = 0
		case from > upTo:
			return nil
		case empty > 50 || pause.For(ctx, firstPause) != nil:
			return queue.ErrUnavailable.With("the stream %s ends before %d", stream, from)
		default:
			empty++
		}
	}
	return nil
}

// errEnough ends a batch.
var errEnough = errors.New("enough")

// batch visits what one request brings. The error is errEnough when visit wanted no more.
func (l *Log) batch(ctx context.Context, stream string, from uint64, visit func(stored) (bool, error)) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	inbox := l.nc.NewInbox()
	answers, err := l.nc.SubscribeSync(inbox)
	if err != nil {
		return asFault(err)
	}
	defer func() { _ = answers.Unsubscribe() }()
	if err := answers.SetPendingLimits(-1, -1); err != nil {
		return asFault(err)
	}
	request, _ := json.Marshal(struct { // of plain fields alone
		Sequence uint64 `json:"seq"`
		Batch    int    `json:"batch"`
		MaxBytes int    `json:"max_bytes"`
	}{Sequence: from, Batch: directMessages, MaxBytes: directBytes})
	if err := l.nc.PublishRequest("$JS.API.DIRECT.GET."+stream, inbox, request); err != nil {
		return asFault(err)
	}
	for {
		msg, err := answers.NextMsgWithContext(ctx)
		if err != nil {
			return asFault(err)
		}
		switch status := msg.Header.Get("Status"); status {
		case "":
		case "204", "404": // the end of the batch; nothing there
			return nil
		default:
			return queue.ErrUnavailable.With("the broker answered %s %s", status, msg.Header.Get("Description"))
		}
		m, err := storedOf(msg)
		if err != nil {
			return err
		}
		more, err := visit(m)
		if err != nil {
			return err
		}
		if !more {
			return errEnough
		}
	}
}

func storedOf(msg *nats.Msg) (stored, error) {
	sequence, err := strconv.ParseUint(msg.Header.Get("Nats-Sequence"), 10, 64)
	if err != nil {
		return stored{}, queue.ErrCorrupt.With("a message of the broker has no sequence").Wrap(err)
	}
	return stored{data: msg.Data, sequence: sequence, subject: msg.Header.Get("Nats-Subject")}, nil
}
