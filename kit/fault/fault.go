// Package fault holds the errors of the suite: a kind that callers act on, a reason that programs branch on
// and a message for people. Domain packages declare faults, stores translate driver errors into them, and the
// door (kit/serve) turns them into gRPC statuses by the one table in this package; clients (kit/dial) turn
// the statuses back.
package fault

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"time"

	"google.golang.org/grpc/status"
)

// Fault is an error of a known kind. It is immutable: its methods return changed copies, so that a Fault
// may be declared once as a sentinel and given facts where it happens.
type Fault struct {
	kind    Kind
	reason  string
	message string
	field   string
	domain  string
	meta    map[string]string
	retry   time.Duration
	cause   error
}

// New declares a fault. Reason is UPPER_SNAKE_CASE and part of the contract; message is a lower-case
// sentence for people and is sent to the caller (of Internal faults it is not).
func New(kind Kind, reason, message string) *Fault {
	return &Fault{kind: kind, reason: reason, message: message}
}

// With returns the fault with the message replaced. The result is the same fault to errors.Is.
// Only the message reaches the caller; text added around a fault by fmt.Errorf is logged and not sent.
func (f *Fault) With(format string, args ...any) *Fault {
	c := *f
	c.message = fmt.Sprintf(format, args...)
	return &c
}

// Field returns the fault with the path of the request field at fault, such as "filter.page_size".
func (f *Fault) Field(path string) *Fault {
	c := *f
	c.field = path
	return &c
}

// Meta returns the fault with a fact for programs; keys are lower_snake_case.
func (f *Fault) Meta(key, value string) *Fault {
	c := *f
	c.meta = maps.Clone(f.meta)
	if c.meta == nil {
		c.meta = make(map[string]string, 1)
	}
	c.meta[key] = value
	return &c
}

// RetryAfter returns the fault with the time after which the call may be repeated.
func (f *Fault) RetryAfter(d time.Duration) *Fault {
	c := *f
	c.retry = d
	return &c
}

// Wrap returns the fault with its cause. The cause is logged and found by errors.Is, and never sent.
func (f *Fault) Wrap(err error) *Fault {
	c := *f
	c.cause = err
	return &c
}

// Kind is what went wrong.
func (f *Fault) Kind() Kind { return f.kind }

// Reason is the UPPER_SNAKE_CASE name programs branch on.
func (f *Fault) Reason() string { return f.reason }

// Message is the sentence sent to the caller, without the cause.
func (f *Fault) Message() string { return f.message }

// FieldPath is the request field at fault, or "".
func (f *Fault) FieldPath() string { return f.field }

// Metadata returns a copy of the facts.
func (f *Fault) Metadata() map[string]string { return maps.Clone(f.meta) }

// Retry is the time after which the call may be repeated, or 0.
func (f *Fault) Retry() time.Duration { return f.retry }

// Error is the message and the cause, for logs.
func (f *Fault) Error() string {
	if f.cause != nil {
		return f.message + ": " + f.cause.Error()
	}
	return f.message
}

// Unwrap is the cause.
func (f *Fault) Unwrap() error { return f.cause }

// Is holds for the fault's kind, for a fault of the same kind and reason, and for the context error that
// a Canceled or Timeout fault stands for.
func (f *Fault) Is(target error) bool {
	switch t := target.(type) {
	case Kind:
		return t == f.kind
	case *Fault:
		return t.kind == f.kind && t.reason == f.reason
	}
	return target == context.Canceled && f.kind == Canceled ||
		target == context.DeadlineExceeded && f.kind == Timeout
}

// GRPCStatus lets gRPC helpers such as status.Code read a fault.
func (f *Fault) GRPCStatus() *status.Status { return ToStatus(f, f.domain) }

// KindOf is the kind of any error: of the first fault in its chain, else of a bare Kind, a context error or a
// gRPC status in it, else Internal.
func KindOf(err error) Kind {
	if f, ok := errors.AsType[*Fault](err); ok {
		return f.kind
	}
	if k, ok := errors.AsType[Kind](err); ok {
		return k
	}
	switch {
	case errors.Is(err, context.Canceled):
		return Canceled
	case errors.Is(err, context.DeadlineExceeded):
		return Timeout
	}
	if st, ok := statusIn(err); ok {
		return kindOfCode(st.Code())
	}
	return Internal
}

// ReasonOf is the reason of the first fault in err's chain, or "".
func ReasonOf(err error) string {
	if f, ok := errors.AsType[*Fault](err); ok {
		return f.reason
	}
	return ""
}

func statusIn(err error) (*status.Status, bool) {
	var s interface{ GRPCStatus() *status.Status }
	if errors.As(err, &s) && s.GRPCStatus() != nil {
		return s.GRPCStatus(), true
	}
	return nil, false
}
