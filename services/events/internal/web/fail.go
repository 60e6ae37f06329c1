package web

import (
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"strconv"
	"time"

	"google.golang.org/grpc/codes"

	"devtrail.dev/kit/auth"
	"devtrail.dev/kit/fault"
)

// statuses is the one translation of gRPC codes into HTTP statuses.
var statuses = map[codes.Code]int{
	codes.Aborted:            http.StatusConflict,
	codes.AlreadyExists:      http.StatusConflict,
	codes.Canceled:           499, // the caller gave up; nobody reads it but the log
	codes.DeadlineExceeded:   http.StatusGatewayTimeout,
	codes.FailedPrecondition: http.StatusBadRequest,
	codes.InvalidArgument:    http.StatusBadRequest,
	codes.NotFound:           http.StatusNotFound,
	codes.PermissionDenied:   http.StatusForbidden,
	codes.ResourceExhausted:  http.StatusTooManyRequests,
	codes.Unauthenticated:    http.StatusUnauthorized,
	codes.Unavailable:        http.StatusServiceUnavailable,
	codes.Unimplemented:      http.StatusNotImplemented,
}

// refusal is a fault that HTTP has a status of its own for.
type refusal struct {
	*fault.Fault

	status int
}

// Unwrap lets errors.As find the fault.
func (r refusal) Unwrap() error { return r.Fault }

var (
	errNoRoute  = fault.New(fault.NotFound, "PATH_UNKNOWN", "nothing is served at this path")
	errMethod   = refusal{fault.New(fault.Invalid, "METHOD_NOT_ALLOWED", "the path does not take this method"), http.StatusMethodNotAllowed}
	errTooLarge = fault.New(fault.Invalid, "BODY_TOO_LARGE", "the body is too large")
	errFormat   = fault.New(fault.Invalid, "CONTENT_TYPE_UNKNOWN", "the content type is not known")
	errBody     = fault.New(fault.Invalid, "BODY_INVALID", "the body cannot be read")
	errEncoding = fault.New(fault.Invalid, "CONTENT_ENCODING_UNKNOWN", "the content encoding is not known; gzip, zstd, br and identity are")
	// errCredential is the one answer to a missing and to a wrong credential: the difference is none of a stranger's business.
	errCredential = fault.New(fault.Unauthenticated, "CREDENTIAL_INVALID", "the request needs a valid key; send it as Authorization: Bearer <key>")
)

func tooLarge(format string, args ...any) error {
	return refusal{errTooLarge.With(format, args...), http.StatusRequestEntityTooLarge}
}

// formatUnknown names the content type of the request, and those that are taken.
func formatUnknown(got, known string) error {
	return refusal{errFormat.With("the content type %.100q is not taken here; %s is", got, known), http.StatusUnsupportedMediaType}
}

// Problem is the body of every error.
type Problem struct {
	Code    string `json:"code"`   // the gRPC code, like INVALID_ARGUMENT
	Reason  string `json:"reason"` // a stable word, for programs
	Message string `json:"message"`
	Field   string `json:"field,omitempty"` // the field or header at fault
}

// judge says how an error is answered. Internal errors are masked; their reference is in the message.
func judge(err error) (status int, p Problem, retry time.Duration, reference string) {
	if errors.Is(err, auth.ErrMissing) || errors.Is(err, auth.ErrInvalid) {
		err = errCredential
	}
	st := fault.ToStatus(err, "events.devtrail.dev")
	status, ok := statuses[st.Code()]
	if !ok {
		status = http.StatusInternalServerError
	}
	if r, ok := errors.AsType[refusal](err); ok {
		status = r.status
	}
	p = Problem{Code: codeName(st.Code()), Message: st.Message()}
	if f, ok := errors.AsType[*fault.Fault](fault.FromStatus(st.Err())); ok {
		p.Reason, p.Field, retry = f.Reason(), f.FieldPath(), f.Retry()
	}
	return status, p, retry, fault.Reference(st)
}

// codeName is a code as the contract of gRPC spells it.
func codeName(code codes.Code) string {
	name := code.String()
	out := make([]byte, 0, len(name)+2)
	for i := range len(name) {
		c := name[i]
		switch {
		case c >= 'a' && c <= 'z':
			c -= 'a' - 'A'
		case i > 0:
			out = append(out, '_')
		}
		out = append(out, c)
	}
	return string(out)
}

// fail answers with an error, and tells the log of it.
func (d *Door) fail(w http.ResponseWriter, r *http.Request, err error) {
	status, p := d.refuse(w, r, err)
	writeJSON(w, status, p)
}

// refuse tells the log of an error, sets the headers of its answer, and says how it is answered.
func (d *Door) refuse(w http.ResponseWriter, r *http.Request, err error) (int, Problem) {
	status, p, retry, reference := judge(err)
	if v := visitOf(r.Context()); v != nil {
		v.cause, v.reason, v.reference = err, p.Reason, reference
	}
	h := w.Header()
	switch status {
	case http.StatusUnauthorized:
		h.Set("WWW-Authenticate", `Bearer realm="devtrail"`)
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		h.Set("Retry-After", strconv.Itoa(max(1, int(math.Ceil(retry.Seconds())))))
	case http.StatusUnsupportedMediaType:
		h.Set("Accept-Encoding", acceptedEncodings)
	}
	return status, p
}

// writeJSON answers with a value as JSON. A client that is gone by then has nobody to tell.
func writeJSON(w http.ResponseWriter, status int, value any) {
	body, err := json.Marshal(value)
	if err != nil { // of our own structs: cannot be
		status, body = http.StatusInternalServerError, []byte("{}")
	}
	write(w, status, "application/json", body)
}

func write(w http.ResponseWriter, status int, contentType string, body []byte) {
	h := w.Header()
	h.Set("Content-Type", contentType)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = w.Write(body)
}
