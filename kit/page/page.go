// Package page is list paging as every List RPC does it: the size asked for, the opaque token that carries the
// cursor, and the cut of one row too many that tells whether there is a next page. It stands between the desk
// (internal/rpc) and the stores.
package page

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"io"

	"google.golang.org/protobuf/proto"

	"devtrail.dev/kit/fault"
)

// Default and Max are page sizes in rows: what 0 means, and what more than Max is lowered to.
const (
	Default = 50
	Max     = 1000
)

const tokenVersion = 1

var (
	// ErrSize says that the page size is negative.
	ErrSize = fault.New(fault.Invalid, "PAGE_SIZE_INVALID", "page_size is negative").Field("page_size")
	// ErrToken says that a token is not one of ours, or belongs to another list.
	ErrToken = fault.New(fault.Invalid, "PAGE_TOKEN_INVALID", "page_token is malformed").Field("page_token")
)

// token is the content of a page token. It is checked and not signed: a forged cursor reads no more than the
// caller may read anyway, since the organization comes from the credential and never from the token.
type token struct {
	Version int             `json:"v"`
	Filter  string          `json:"f"`
	Cursor  json.RawMessage `json:"c"`
}

// Size is the number of rows to return for a requested page_size: 0 means Default, more than Max means Max,
// negative is ErrSize.
func Size(requested int32) (int, error) {
	switch {
	case requested < 0:
		return 0, ErrSize.With("page_size is %d, must not be negative", requested)
	case requested == 0:
		return Default, nil
	}
	return min(int(requested), Max), nil
}

// Encode makes the token of the page that begins after cursor. Filter is whatever else decides what the list
// holds: protobuf messages or JSON-encodable values, without page_size and page_token. Cursor must be
// JSON-encodable; a type that is not is a programming mistake and panics.
func Encode[T any](cursor T, filter ...any) string {
	c := mustJSON(cursor)
	raw := mustJSON(token{Version: tokenVersion, Filter: hash(filter), Cursor: c})
	return base64.RawURLEncoding.EncodeToString(raw)
}

// Decode reads a token that Encode made with an equal filter. The empty token is the first page: ok is false.
// Anything else is ErrToken.
func Decode[T any](text string, filter ...any) (cursor T, ok bool, err error) {
	if text == "" {
		return cursor, false, nil
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil {
		return cursor, false, ErrToken.Wrap(err)
	}
	var t token
	if err := strict(raw, &t); err != nil {
		return cursor, false, ErrToken.Wrap(err)
	}
	if t.Version != tokenVersion {
		return cursor, false, ErrToken.With("page_token is of version %d, this build reads version %d", t.Version, tokenVersion)
	}
	if t.Filter != hash(filter) {
		return cursor, false, ErrToken.With("page_token belongs to a list with another filter")
	}
	var c T
	if err := strict(t.Cursor, &c); err != nil {
		return cursor, false, ErrToken.Wrap(err)
	}
	return c, true, nil
}

// Cut takes rows that were read with LIMIT size+1 and returns the page and whether more follow.
func Cut[T any](rows []T, size int) (page []T, more bool) {
	if len(rows) <= size {
		return rows, false
	}
	return rows[:size:size], true
}

// hash covers each filter value with its length, so that values cannot flow into each other.
func hash(filter []any) string {
	h := sha256.New()
	for _, value := range filter {
		var raw []byte
		if m, ok := value.(proto.Message); ok {
			raw = mustProto(m)
		} else {
			raw = mustJSON(value)
		}
		_ = binary.Write(h, binary.BigEndian, uint64(len(raw)))
		h.Write(raw)
	}
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil)[:12])
}

func strict(raw []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return err
	}
	if _, err := d.Token(); err != io.EOF {
		return io.ErrUnexpectedEOF
	}
	return nil
}

func mustJSON(v any) []byte {
	raw, err := json.Marshal(v)
	if err != nil {
		//nolint:forbidigo // a cursor or filter of a type without JSON is a programming mistake, see Encode
		panic("page: " + err.Error())
	}
	return raw
}

func mustProto(m proto.Message) []byte {
	raw, err := proto.MarshalOptions{Deterministic: true}.Marshal(m)
	if err != nil {
		//nolint:forbidigo // only text that is no UTF-8 fails, and a message that came over the wire has none
		panic("page: " + err.Error())
	}
	return raw
}
