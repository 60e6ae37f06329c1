package hook

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// smallBody is what a delivery may have without waiting for room among the large ones, in bytes.
const smallBody = 1 << 20

// receive reads a hook's delivery, whose JSON has a limit. What it holds of the room for large ones release gives back.
func (h *Handler) receive(ctx context.Context, w http.ResponseWriter, r *http.Request, hook string, limit int64) (m message, release func(), err error) {
	raw, release, err := h.read(ctx, w, r, hook, rawLimit(r.Header, limit))
	if err != nil {
		return message{}, release, err
	}
	m = newMessage(r.Header, raw)
	if size := int64(len(m.payload)); size > limit {
		return message{}, release, tooLarge(limit, size)
	}
	return m, release, nil
}

// read reads the raw body of a hook's delivery within a limit. Large ones wait for room, and have their time from then on; release gives the room back.
func (h *Handler) read(ctx context.Context, w http.ResponseWriter, r *http.Request, hook string, limit int64) (body []byte, release func(), err error) {
	release = func() {}
	if r.ContentLength > limit {
		return nil, release, tooLarge(limit, r.ContentLength)
	}
	reader := incoming{http.MaxBytesReader(w, r.Body, limit)}
	var b bytes.Buffer
	if r.ContentLength > 0 {
		b.Grow(int(min(r.ContentLength, smallBody)) + bytes.MinRead)
	}
	_, err = io.CopyN(&b, reader, smallBody)
	if err == nil {
		s := h.large.share(hook)
		release = s.release
		size, step := limit, int64(roomStep)
		if r.ContentLength > 0 {
			size, step = r.ContentLength, r.ContentLength // net/http reads no more
		}
		err = h.readRest(ctx, w, &b, reader, s, size, step)
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, release, err
	}
	if b.Len() == 0 {
		return nil, release, &refusal{http.StatusBadRequest, malformed, problem{"INVALID_ARGUMENT", "BODY_INVALID", "the body is empty"}}
	}
	return b.Bytes(), release, nil
}

// readRest reads what is left of a large body of a size at most, which has to arrive in its time once it has room for a first step. It takes room for each
// step before it reads it.
func (h *Handler) readRest(ctx context.Context, w http.ResponseWriter, b *bytes.Buffer, reader io.Reader, s *share, size, step int64) error {
	connection := http.NewResponseController(w)
	for {
		first := s.bytes == 0
		if err := s.grow(ctx, min(step, size-s.bytes)); err != nil {
			return err
		}
		if first {
			_ = connection.SetReadDeadline(h.deps.Now().Add(bodyTime)) // there is none where there is no connection
		}
		left := s.bytes - int64(b.Len())
		b.Grow(int(left) + bytes.MinRead)
		if s.bytes == size {
			left = math.MaxInt64 // the reader refuses what is more
		}
		n, err := b.ReadFrom(io.LimitReader(reader, left))
		if err != nil {
			return err
		}
		if n < left {
			break
		}
	}
	_ = connection.SetReadDeadline(time.Time{}) // should it pass while the events are stored, it would end the context of the request
	return nil
}

// incoming is a body as it arrives. Its errors are refusals.
type incoming struct{ body io.Reader }

// Read implements io.Reader.
func (i incoming) Read(p []byte) (int, error) {
	n, err := i.body.Read(p)
	if err == nil || errors.Is(err, io.EOF) {
		return n, err
	}
	if large, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return n, tooLarge(large.Limit, -1)
	}
	return n, &refusal{http.StatusBadRequest, malformed, problem{"INVALID_ARGUMENT", "BODY_INVALID", "the body cannot be read to its end"}}
}

// tooLarge names the limit and the size, if it is known.
func tooLarge(limit, size int64) error {
	message := fmt.Sprintf("the body has more than %d bytes", limit)
	if size > 0 {
		message = fmt.Sprintf("the body has %d bytes, at most %d are taken", size, limit)
	}
	return &refusal{http.StatusRequestEntityTooLarge, large, problem{"INVALID_ARGUMENT", "BODY_TOO_LARGE", message}}
}

// message is a delivery as it came.
type message struct {
	header http.Header
	// raw is the body as it was sent, payload the JSON in it, which is the same unless it came as a form field.
	raw, payload []byte
}

// form is the name of the field that holds the JSON.
const form = "payload"

// isForm tells whether the JSON of a delivery comes in a form field.
func isForm(header http.Header) bool {
	kind, _, err := mime.ParseMediaType(header.Get("Content-Type"))
	return err == nil && strings.EqualFold(kind, "application/x-www-form-urlencoded")
}

// rawLimit is how many bytes a body may have for a limit of its JSON, of which a form may write each as three.
func rawLimit(header http.Header, limit int64) int64 {
	if !isForm(header) {
		return limit
	}
	return int64(len(form+"=")) + int64(len("%7B"))*limit
}

func newMessage(header http.Header, raw []byte) message {
	m := message{header: header, raw: raw, payload: raw}
	if !isForm(header) {
		return m
	}
	// What is no form after all is read as JSON, and fails there. A form with more than one payload has none.
	fields, err := url.ParseQuery(string(raw))
	if err == nil && len(fields[form]) == 1 {
		m.payload = []byte(fields.Get(form))
	}
	return m
}
