package hook

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
)

// smallBody is what a delivery may have without waiting for room among the large ones, in bytes.
const smallBody = 1 << 20

// read reads the raw body within a limit. Large ones wait for room; release gives it back.
func (h *Handler) read(ctx context.Context, w http.ResponseWriter, r *http.Request, limit int64) (body []byte, release func(), err error) {
	release = func() {}
	if r.ContentLength > limit {
		return nil, release, tooLarge(limit, r.ContentLength)
	}
	reader := http.MaxBytesReader(w, r.Body, limit)
	var b bytes.Buffer
	if r.ContentLength > 0 {
		b.Grow(int(min(r.ContentLength, smallBody)) + bytes.MinRead)
	}
	n, err := io.CopyN(&b, reader, smallBody)
	if err == nil && n == smallBody {
		waiting, cancel := context.WithTimeout(ctx, roomPatience)
		defer cancel()
		if err := h.large.Acquire(waiting, limit); err != nil {
			return nil, release, fmt.Errorf("wait for room for a large delivery: %w", err)
		}
		release = func() { h.large.Release(limit) }
		_, err = b.ReadFrom(reader)
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	if err != nil {
		if large, ok := errors.AsType[*http.MaxBytesError](err); ok {
			return nil, release, tooLarge(large.Limit, -1)
		}
		return nil, release, &refusal{http.StatusBadRequest, malformed, problem{"INVALID_ARGUMENT", "BODY_INVALID", "the body cannot be read to its end"}}
	}
	if b.Len() == 0 {
		return nil, release, &refusal{http.StatusBadRequest, malformed, problem{"INVALID_ARGUMENT", "BODY_INVALID", "the body is empty"}}
	}
	return b.Bytes(), release, nil
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

func newMessage(header http.Header, raw []byte) message {
	m := message{header: header, raw: raw, payload: raw}
	kind, _, err := mime.ParseMediaType(header.Get("Content-Type"))
	if err != nil || !strings.EqualFold(kind, "application/x-www-form-urlencoded") {
		return m
	}
	// What is no form after all is read as JSON, and fails there. A form with more than one payload has none.
	fields, err := url.ParseQuery(string(raw))
	if err == nil && len(fields[form]) == 1 {
		m.payload = []byte(fields.Get(form))
	}
	return m
}
