package devtrail_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/protoadapt"

	devtrail "devtrail.dev/clients/go"
	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
)

// fault is an error as the service answers it: with a reason, and with the field at fault when there is one.
func fault(code codes.Code, reason, field, message string) error {
	details := []protoadapt.MessageV1{&errdetails.ErrorInfo{Reason: reason, Domain: "events.devtrail.dev"}}
	if field != "" {
		details = append(details, &errdetails.BadRequest{FieldViolations: []*errdetails.BadRequest_FieldViolation{{Field: field, Description: message}}})
	}
	st, err := status.New(code, message).WithDetails(details...)
	if err != nil {
		return err
	}
	return st.Err()
}

func TestOneEventThatCannotBeReadDoesNotHoldTheOthers(t *testing.T) {
	s := &service{answer: func(_ int, req *eventsv1.CaptureEventsRequest) (*eventsv1.CaptureEventsResponse, error) {
		if slices.ContainsFunc(req.GetEvents(), func(e *eventsv1.Event) bool { return e.GetName() == "poison" }) {
			return nil, fault(codes.InvalidArgument, "EVENT_INVALID", "events[0].name", "cannot be read")
		}
		return stored(req), nil
	}}
	var refused []string
	client := start(t, s, devtrail.Config{Linger: time.Hour, Rejected: func(e *eventsv1.Event, r *eventsv1.CaptureResult) {
		refused = append(refused, e.GetName()+": "+r.GetMessage())
	}})
	require.NoError(t, client.Send(t.Context(), event("a"), event("b"), event("poison"), event("c")))
	require.NoError(t, client.Flush(soon(t)))
	require.Equal(t, []string{"poison: cannot be read"}, refused)
	require.EqualValues(t, 3, client.Stats().Stored)
}

// soon is a context for what must not wait for ever.
func soon(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// What concerns the client and not its events is answered to every request alike, so that dropping events for it would drop all of them.
func TestNothingIsDroppedForAFaultOfTheClient(t *testing.T) {
	for name, refusal := range map[string]error{
		"no organization":      fault(codes.InvalidArgument, "ORGANIZATION_MISSING", "x-devtrail-organization", "name the organization"),
		"unknown organization": fault(codes.NotFound, "ORGANIZATION_NOT_FOUND", "", "organization not found"),
		"a proxy":              status.Error(codes.InvalidArgument, "no route"),
		"no key":               fault(codes.Unauthenticated, "CREDENTIAL_INVALID", "", "the credential is not valid"),
		"no right":             fault(codes.PermissionDenied, "ROLE_INSUFFICIENT", "", "the role may not"),
		"not set up":           fault(codes.FailedPrecondition, "SETTING_MISSING", "", "not set up"),
		"the clock":            fault(codes.InvalidArgument, "TIME_INVALID", "sent_at", "sent_at is not a valid time"),
	} {
		t.Run(name, func(t *testing.T) {
			var mended atomic.Bool
			s := &service{answer: func(_ int, req *eventsv1.CaptureEventsRequest) (*eventsv1.CaptureEventsResponse, error) {
				if !mended.Load() {
					return nil, refusal
				}
				return stored(req), nil
			}}
			failed := make(chan error, 100)
			client := start(t, s, devtrail.Config{
				Linger: -1, QueueEvents: 2, MaxBackoff: time.Millisecond,
				Rejected: func(e *eventsv1.Event, _ *eventsv1.CaptureResult) { t.Error("dropped:", e.GetName()) },
				Failed: func(err error) {
					select {
					case failed <- err:
					default: // nobody listens any more
					}
				},
			})
			require.NoError(t, client.Send(t.Context(), event("a"), event("b")))
			for range 3 {
				select {
				case err := <-failed:
					require.Equal(t, status.Code(refusal), status.Code(err))
				case <-time.After(10 * time.Second):
					t.Fatal("nobody is told that requests fail")
				}
			}
			require.Error(t, client.Stats().LastError)
			full, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
			defer cancel()
			require.ErrorIs(t, client.Send(full, event("c")), context.DeadlineExceeded, "a full queue holds the sender")
			mended.Store(true)
			require.NoError(t, client.Flush(soon(t)))
			require.EqualValues(t, 2, client.Stats().Stored)
		})
	}
}

// A proxy may take less than the service does, and events that are small on the wire may be too much for the log.
func TestARequestThatIsTooLargeIsHalved(t *testing.T) {
	t.Run("by gRPC", func(t *testing.T) {
		testHalving(t, &service{largest: 10_000})
	})
	t.Run("by the service", func(t *testing.T) {
		testHalving(t, &service{largest: 1 << 20, answer: func(_ int, req *eventsv1.CaptureEventsRequest) (*eventsv1.CaptureEventsResponse, error) {
			if proto.Size(req) > 10_000 {
				return nil, fault(codes.InvalidArgument, "REQUEST_TOO_LARGE", "", "the events take too much")
			}
			return stored(req), nil
		}})
	})
	t.Run("by time", func(t *testing.T) {
		client := start(t, &service{answer: func(_ int, req *eventsv1.CaptureEventsRequest) (*eventsv1.CaptureEventsResponse, error) {
			if len(req.GetEvents()) > 2 { // the link or the database takes no more of them before Timeout
				return nil, status.Error(codes.DeadlineExceeded, "context deadline exceeded")
			}
			return stored(req), nil
		}}, devtrail.Config{Linger: time.Hour, MaxBackoff: time.Millisecond, Rejected: func(e *eventsv1.Event, _ *eventsv1.CaptureResult) { t.Error("dropped:", e.GetName()) }})
		for range 20 {
			require.NoError(t, client.Send(t.Context(), event("a")))
		}
		require.NoError(t, client.Flush(soon(t)))
		require.EqualValues(t, 20, client.Stats().Stored)
	})
	t.Run("by a proxy", func(t *testing.T) {
		testHalving(t, &service{largest: 1 << 20, answer: func(_ int, req *eventsv1.CaptureEventsRequest) (*eventsv1.CaptureEventsResponse, error) {
			if proto.Size(req) > 10_000 { // what gRPC makes of an answer in HTTP
				return nil, status.Error(codes.Unknown, `unexpected HTTP status code received from server: 413 (Request Entity Too Large); transport: received unexpected content-type "text/html"`)
			}
			return stored(req), nil
		}})
	})
}

// testHalving sends events to a service that takes 10,000 bytes at once; one of them alone is more.
func testHalving(t *testing.T, s *service) {
	t.Helper()
	var refused []string
	client := start(t, s, devtrail.Config{Linger: time.Hour, Rejected: func(e *eventsv1.Event, _ *eventsv1.CaptureResult) { refused = append(refused, e.GetName()) }})
	for i := range 20 {
		e := event(fmt.Sprint("n", i))
		e.PropertiesJson = strings.Repeat("x", 1000)
		if i == 13 {
			e.PropertiesJson = strings.Repeat("x", 20_000)
		}
		require.NoError(t, client.Send(t.Context(), e))
	}
	require.NoError(t, client.Flush(soon(t)))
	require.EqualValues(t, 19, client.Stats().Stored)
	require.Equal(t, []string{"n13"}, refused)
}

func TestAnEventThatCannotBeWrittenDoesNotHoldTheOthers(t *testing.T) {
	var refused []string
	client := start(t, &service{}, devtrail.Config{Linger: time.Hour, Rejected: func(e *eventsv1.Event, _ *eventsv1.CaptureResult) { refused = append(refused, e.GetName()) }})
	require.NoError(t, client.Send(t.Context(), event("a"), event("\xff"), event("b")))
	require.NoError(t, client.Flush(soon(t)))
	require.EqualValues(t, 2, client.Stats().Stored)
	require.Equal(t, []string{"\xff"}, refused)
}
