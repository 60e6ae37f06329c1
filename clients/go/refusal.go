package devtrail

import (
	"slices"
	"strings"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// refused tells whether the events of a request are at fault, so that it would be refused however often it is sent. Everything else may pass, and is no
// reason to drop an event: a key, a right or an organization that is missing concerns the client, whose settings are mended while programs run.
func refused(err error) bool {
	st := status.Convert(err)
	switch st.Code() {
	case codes.InvalidArgument:
		return reason(st) == reasonTooLarge || slices.ContainsFunc(fields(st), ofEvents)
	case codes.ResourceExhausted:
		// gRPC itself answers so when it is not to read a message of this size, or not to send it. Quotas of the service have a reason.
		return !hasReason(st) && strings.Contains(st.Message(), "larger than max")
	case codes.Unknown:
		// A proxy in front of the service that takes less: gRPC has no code for Content Too Large (RFC 9110, section 15.5.14).
		return !hasReason(st) && strings.Contains(st.Message(), "HTTP status code received from server: 413")
	case codes.Internal:
		// An event that cannot be written, with text that is not UTF-8, never leaves this process.
		return !hasReason(st) && strings.Contains(st.Message(), "error while marshaling")
	}
	return false
}

// reasonTooLarge says that the events of a request are too much together; no field is at fault.
const reasonTooLarge = "REQUEST_TOO_LARGE"

// ofEvents tells whether a field of the request is its events, or lies in one of them.
func ofEvents(field string) bool {
	rest, ok := strings.CutPrefix(field, "events")
	return ok && (rest == "" || rest[0] == '[' || rest[0] == '.')
}

// fields are the fields that an error complains of.
func fields(st *status.Status) (names []string) {
	for _, detail := range st.Details() {
		if bad, ok := detail.(*errdetails.BadRequest); ok {
			for _, violation := range bad.GetFieldViolations() {
				names = append(names, violation.GetField())
			}
		}
	}
	return names
}

// hasReason tells whether the service has answered, and not gRPC.
func hasReason(st *status.Status) bool { return reason(st) != st.Code().String() }

// retryInfo is the wait that an error asks for; 0 when it asks for none.
func retryInfo(err error) time.Duration {
	for _, detail := range status.Convert(err).Details() {
		if info, ok := detail.(*errdetails.RetryInfo); ok {
			return info.GetRetryDelay().AsDuration()
		}
	}
	return 0
}

// reason is the stable word of an error.
func reason(st *status.Status) string {
	for _, detail := range st.Details() {
		if info, ok := detail.(*errdetails.ErrorInfo); ok {
			return info.GetReason()
		}
	}
	return st.Code().String()
}
