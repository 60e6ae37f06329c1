package fault

import (
	"crypto/rand"
	"errors"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/protoadapt"
	"google.golang.org/protobuf/types/known/durationpb"
)

// Statuses travel in HTTP/2 trailers, which peers cap at 8 to 16 KiB in all; these caps keep a status within that.
const (
	maxText = 1024
	maxMeta = 32
)

// referenceKey is where a masked error's reference stands in ErrorInfo.metadata.
const referenceKey = "reference"

// ToStatus translates an error for the wire: the code of its kind, the fault's message, ErrorInfo with reason,
// domain and facts, BadRequest for a field, RetryInfo for a retry time. Internal errors are masked: they leave
// as one neutral sentence with a reference, which Reference reads for the log. A nil error gives nil.
func ToStatus(err error, domain string) *status.Status {
	if err == nil {
		return nil
	}
	f := faultOf(err)
	if f.domain != "" {
		domain = f.domain
	}
	if f.kind == Internal {
		return masked(domain)
	}
	message := clean(f.message)
	info := &errdetails.ErrorInfo{Reason: clean(f.reason), Domain: domain, Metadata: cleanMeta(f.meta)}
	if info.Reason == "" {
		info.Reason = defaultReason(f.kind)
	}
	details := []protoadapt.MessageV1{info}
	if f.field != "" {
		details = append(details, &errdetails.BadRequest{FieldViolations: []*errdetails.BadRequest_FieldViolation{
			{Field: clean(f.field), Description: message, Reason: info.Reason},
		}})
	}
	if f.retry > 0 {
		details = append(details, &errdetails.RetryInfo{RetryDelay: durationpb.New(f.retry)})
	}
	return withDetails(f.kind.Code(), message, details...)
}

// Reference is the reference a masked internal error was sent with, or "".
func Reference(st *status.Status) string {
	for _, d := range st.Details() {
		if info, ok := d.(*errdetails.ErrorInfo); ok {
			return info.GetMetadata()[referenceKey]
		}
	}
	return ""
}

// FromStatus rebuilds the fault from the gRPC error a client call returned: kind, reason, message, field,
// facts and retry time are those that were sent. nil and io.EOF-like errors without a status come back as they are.
func FromStatus(err error) error {
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*Fault](err); ok {
		return err
	}
	st, ok := statusIn(err)
	if !ok {
		return err
	}
	f := &Fault{kind: kindOfCode(st.Code()), message: st.Message()}
	for _, d := range st.Details() {
		switch d := d.(type) {
		case *errdetails.ErrorInfo:
			f.reason, f.domain = d.GetReason(), d.GetDomain()
			f.meta = d.GetMetadata()
		case *errdetails.BadRequest:
			if v := d.GetFieldViolations(); len(v) > 0 {
				f.field = v[0].GetField()
			}
		case *errdetails.RetryInfo:
			f.retry = d.GetRetryDelay().AsDuration()
		}
	}
	if f.reason == "" {
		f.reason = defaultReason(f.kind)
	}
	return f
}

// faultOf gives any error the shape of a fault; an error that is none speaks only by its kind.
func faultOf(err error) *Fault {
	if f, ok := errors.AsType[*Fault](err); ok {
		return f
	}
	if _, ok := statusIn(err); ok {
		f, _ := errors.AsType[*Fault](FromStatus(err))
		return f
	}
	kind := KindOf(err)
	return &Fault{kind: kind, message: kind.Error()}
}

func masked(domain string) *status.Status {
	reference := strings.ToLower(rand.Text()[:10])
	return withDetails(codes.Internal, "internal error, reference "+reference, &errdetails.ErrorInfo{
		Reason: defaultReason(Internal), Domain: domain, Metadata: map[string]string{referenceKey: reference},
	})
}

// withDetails cannot fail for valid UTF-8 and a code other than OK; should it, the bare status still says the truth.
func withDetails(code codes.Code, message string, details ...protoadapt.MessageV1) *status.Status {
	st := status.New(code, message)
	if detailed, err := st.WithDetails(details...); err == nil {
		return detailed
	}
	return st
}

func defaultReason(kind Kind) string {
	return strings.ToUpper(strings.ReplaceAll(kind.Error(), " ", "_"))
}

// clean makes text fit for a protobuf string and for a trailer.
func clean(s string) string {
	if len(s) > maxText {
		cut := maxText
		for cut > 0 && !utf8.RuneStart(s[cut]) {
			cut--
		}
		s = s[:cut] + "..."
	}
	return strings.ToValidUTF8(s, "?")
}

func cleanMeta(meta map[string]string) map[string]string {
	if len(meta) == 0 {
		return nil
	}
	keys := slices.Sorted(maps.Keys(meta))
	out := make(map[string]string, min(len(keys), maxMeta))
	for _, k := range keys[:min(len(keys), maxMeta)] {
		out[clean(k)] = clean(meta[k])
	}
	return out
}
