package serve_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/mem"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"devtrail.dev/kit/auth"
	"devtrail.dev/kit/dial"
	"devtrail.dev/kit/fault"
	"devtrail.dev/kit/serve"
	"devtrail.dev/kit/serve/servetest"
	accessv1 "devtrail.dev/proto/gen/devtrail/access/v1"
	identityv1 "devtrail.dev/proto/gen/devtrail/identity/v1"
)

var goodKey = &identityv1.CreateApiKeyRequest{DisplayName: "confidential-body", Role: accessv1.Role_ROLE_INGEST}

func TestRequestLine(t *testing.T) {
	d := newDoor()
	keys, _ := d.start(t)
	var header metadata.MD
	ctx := metadata.AppendToOutgoingContext(servetest.As(t.Context(), "admin"), "x-request-id", "req-1")
	d.create = func(ctx context.Context, _ *identityv1.CreateApiKeyRequest) (*identityv1.CreateApiKeyResponse, error) {
		assert.Equal(t, "req-1", serve.RequestID(ctx))
		assert.Equal(t, acme, auth.MustCaller(ctx).OrganizationID)
		return &identityv1.CreateApiKeyResponse{}, nil
	}
	_, err := keys.CreateApiKey(ctx, goodKey, grpc.Header(&header))
	require.NoError(t, err)
	assert.Equal(t, []string{"req-1"}, header.Get("x-request-id"))
	line := d.log.last(t)
	assert.Contains(t, line, "duration_ms")
	for k, v := range map[string]string{
		"level": "INFO", "method": "/devtrail.identity.v1.CredentialService/CreateApiKey", "code": "OK",
		"request_id": "req-1", "credential_id": "cred-admin", "organization_id": acme,
	} {
		assert.Equal(t, v, line[k], k)
	}
}

func TestUnfitRequestIDIsReplaced(t *testing.T) {
	d := newDoor()
	keys, _ := d.start(t)
	_, err := keys.CreateApiKey(metadata.AppendToOutgoingContext(servetest.As(t.Context(), "admin"), "x-request-id", "a b\"c"), goodKey)
	require.NoError(t, err)
	assert.Regexp(t, "^[0-9a-f-]{36}$", d.log.last(t)["request_id"])
	var trailer metadata.MD
	_, err = keys.CreateApiKey(t.Context(), goodKey, grpc.Trailer(&trailer))
	require.Error(t, err)
	assert.Equal(t, []string{d.log.last(t)["request_id"].(string)}, trailer.Get("x-request-id"), "an error has it in the trailer")
}

func TestHistogramPerRPC(t *testing.T) {
	d := newDoor()
	keys, _ := d.start(t)
	_, _ = keys.CreateApiKey(servetest.As(t.Context(), "admin"), goodKey)
	_, _ = keys.CreateApiKey(t.Context(), goodKey)
	families, err := d.registry.Gather()
	require.NoError(t, err)
	got := map[string]uint64{}
	for _, m := range families[0].GetMetric() {
		got[m.GetLabel()[0].GetValue()+" "+m.GetLabel()[1].GetValue()] = m.GetHistogram().GetSampleCount()
	}
	assert.Equal(t, "devtrail_rpc_duration_seconds", families[0].GetName())
	assert.EqualValues(t, 1, got["OK /devtrail.identity.v1.CredentialService/CreateApiKey"])
	assert.EqualValues(t, 1, got["Unauthenticated /devtrail.identity.v1.CredentialService/CreateApiKey"])
}

// A rule on the growth of a series does not see its first value.
func TestInternalErrorsAreCountedFromZero(t *testing.T) {
	d := newDoor()
	d.start(t)
	families, err := d.registry.Gather()
	require.NoError(t, err)
	require.NotEmpty(t, families)
	assert.Equal(t, "devtrail_rpc_duration_seconds", families[0].GetName())
	got := map[string]uint64{}
	for _, m := range families[0].GetMetric() {
		got[m.GetLabel()[0].GetValue()+" "+m.GetLabel()[1].GetValue()] = m.GetHistogram().GetSampleCount()
	}
	for _, method := range []string{"CredentialService/CreateApiKey", "DeveloperService/WatchIdentities"} {
		count, there := got["Internal /devtrail.identity.v1."+method]
		assert.True(t, there, method)
		assert.Zero(t, count, method)
	}
}

// TestOneTable holds that whatever goes wrong inside leaves through the same table, for unary calls and streams.
func TestOneTable(t *testing.T) {
	for _, c := range []struct {
		say, token, organization string
		fails                    func() error
		kind                     fault.Kind
		reason, field            string
	}{
		{"no credential", "", "", nil, fault.Unauthenticated, "CREDENTIAL_MISSING", ""},
		{"a bad one", "nobody", "", nil, fault.Unauthenticated, "CREDENTIAL_INVALID", ""},
		{"one that cannot be checked", "away", "", nil, fault.Unavailable, "CREDENTIAL_UNKNOWABLE", ""},
		{"too small a role", "analyst", "", nil, fault.Denied, "ROLE_INSUFFICIENT", ""},
		{"another organization", "admin", other, nil, fault.NotFound, "ORGANIZATION_NOT_FOUND", ""},
		{"a handler's fault", "ok", "", func() error { return fault.New(fault.Exists, "THERE", "there").Field("f") }, fault.Exists, "THERE", "f"},
		{"a handler's error", "ok", "", func() error { return io.ErrShortWrite }, fault.Internal, "INTERNAL_ERROR", ""},
		{"a method that is not there", "ok", "", func() error { return status.Error(codes.Unimplemented, "method X not implemented") }, fault.Unimplemented, "UNIMPLEMENTED", ""},
		{"a handler's panic", "ok", "", func() error { panic("handler broke") }, fault.Internal, "INTERNAL_ERROR", ""},
		{"a step's panic", "panic", "", nil, fault.Internal, "INTERNAL_ERROR", ""},
	} {
		t.Run(c.say, func(t *testing.T) {
			d := newDoor()
			keys, developers := d.start(t)
			d.create = func(context.Context, *identityv1.CreateApiKeyRequest) (*identityv1.CreateApiKeyResponse, error) {
				return nil, c.fails()
			}
			d.watch = func(*identityv1.WatchIdentitiesRequest, grpc.ServerStreamingServer[identityv1.WatchIdentitiesResponse]) error {
				return c.fails()
			}
			check := func(err error) {
				require.ErrorIs(t, err, c.kind)
				f, ok := errors.AsType[*fault.Fault](err)
				require.True(t, ok)
				assert.Equal(t, c.reason, f.Reason())
				assert.Equal(t, c.field, f.FieldPath())
				line := d.log.last(t)
				assert.Equal(t, c.reason, line["reason"])
				assert.Equal(t, c.kind.Code().String(), line["code"])
				if c.kind == fault.Internal {
					assert.Equal(t, "ERROR", line["level"])
					assert.Equal(t, "internal error, reference "+line["reference"].(string), f.Message())
					assert.Regexp(t, "broke|short write", line["error"])
				}
			}
			unaryToken, streamToken := c.token, c.token
			if c.token == "ok" {
				unaryToken, streamToken = "admin", "service"
			}
			ctx := as(t.Context(), unaryToken, c.organization)
			_, err := keys.CreateApiKey(ctx, goodKey)
			check(err)
			if c.organization != "" {
				return // the stream of the fixture works across organizations
			}
			s, err := developers.WatchIdentities(as(t.Context(), streamToken, ""), &identityv1.WatchIdentitiesRequest{})
			require.NoError(t, err)
			_, err = s.Recv()
			check(err)
		})
	}
}

func as(ctx context.Context, token, organization string) context.Context {
	if token != "" {
		ctx = servetest.As(ctx, token)
	}
	if organization != "" {
		ctx = dial.WithOrganization(ctx, organization)
	}
	return ctx
}

func TestInvalidMessage(t *testing.T) {
	d := newDoor()
	keys, developers := d.start(t)
	reached := false
	d.create = func(context.Context, *identityv1.CreateApiKeyRequest) (*identityv1.CreateApiKeyResponse, error) {
		reached = true
		return nil, nil
	}
	d.watch = func(*identityv1.WatchIdentitiesRequest, grpc.ServerStreamingServer[identityv1.WatchIdentitiesResponse]) error {
		reached = true
		return nil
	}
	_, err := keys.CreateApiKey(servetest.As(t.Context(), "admin"), &identityv1.CreateApiKeyRequest{Role: accessv1.Role_ROLE_ADMIN})
	checkInvalid(t, err, "display_name")
	s, err := developers.WatchIdentities(servetest.As(t.Context(), "service"), &identityv1.WatchIdentitiesRequest{AfterSequence: -1})
	require.NoError(t, err)
	_, err = s.Recv()
	checkInvalid(t, err, "after_sequence")
	assert.False(t, reached)
	_, err = keys.CreateApiKey(servetest.As(t.Context(), "analyst"), &identityv1.CreateApiKeyRequest{})
	assert.ErrorIs(t, err, fault.Denied, "auth comes before validation")
}

// unread is a request that says when it is read.
type unread struct{ read chan struct{} }

func (u unread) ReadWire(mem.BufferSlice) error {
	close(u.read)
	return errors.New("not ours")
}

func (unread) Contract() (proto.Message, error) { return nil, nil } //nolint:nilnil // as the door has it

// TestNothingIsReadOfAStranger sends a message that takes memory to read, once without a credential.
func TestNothingIsReadOfAStranger(t *testing.T) {
	t.Parallel()
	d := newDoor()
	request := unread{read: make(chan struct{})}
	desc := grpc.ServiceDesc{ServiceName: identityv1.CredentialService_ServiceDesc.ServiceName, HandlerType: (*any)(nil), Methods: []grpc.MethodDesc{{
		MethodName: "CreateApiKey", Handler: func(_ any, _ context.Context, decode func(any) error, _ grpc.UnaryServerInterceptor) (any, error) {
			return nil, decode(request)
		},
	}}}
	keys := identityv1.NewCredentialServiceClient(servetest.Start(t, "identity", d.deps(), func(r grpc.ServiceRegistrar) { r.RegisterService(&desc, struct{}{}) }))
	_, err := keys.CreateApiKey(servetest.As(t.Context(), "stranger"), goodKey)
	require.ErrorIs(t, err, auth.ErrInvalid)
	select {
	case <-request.read:
		t.Fatal("the message was read")
	default:
	}
	_, err = keys.CreateApiKey(servetest.As(t.Context(), "admin"), goodKey)
	require.ErrorContains(t, err, "not ours")
	<-request.read
}

// TestMistakesAreToldWhereTheyAreFew sends a list with two bad elements, and one with so many that they are not gathered.
func TestMistakesAreToldWhereTheyAreFew(t *testing.T) {
	t.Parallel()
	_, developers := newDoor().start(t)
	ctx := servetest.As(t.Context(), "analyst")
	_, err := developers.BatchGetDevelopers(ctx, &identityv1.BatchGetDevelopersRequest{DeveloperIds: []string{"x", acme, "y"}})
	checkInvalid(t, err, "developer_ids[0]")
	require.ErrorContains(t, err, "developer_ids[2]")
	_, err = developers.BatchGetDevelopers(ctx, &identityv1.BatchGetDevelopersRequest{DeveloperIds: make([]string, 50_000)})
	checkInvalid(t, err, "developer_ids")
	require.NotContains(t, err.Error(), "developer_ids[0]")
}

func checkInvalid(t *testing.T, err error, field string) {
	t.Helper()
	require.ErrorIs(t, err, fault.Invalid)
	f, _ := errors.AsType[*fault.Fault](err)
	assert.Equal(t, "VALIDATION_FAILED", f.Reason())
	assert.Equal(t, field, f.FieldPath())
	assert.Contains(t, f.Message(), field)
}

func TestDeadline(t *testing.T) {
	d := newDoor()
	keys, developers := d.start(t)
	var left time.Duration
	d.create = func(ctx context.Context, _ *identityv1.CreateApiKeyRequest) (*identityv1.CreateApiKeyResponse, error) {
		end, ok := ctx.Deadline()
		require.True(t, ok)
		left = time.Until(end)
		return &identityv1.CreateApiKeyResponse{}, nil
	}
	_, err := keys.CreateApiKey(servetest.As(t.Context(), "admin"), goodKey)
	require.NoError(t, err)
	assert.LessOrEqual(t, left, 30*time.Second)
	assert.Greater(t, left, 10*time.Second, "however busy the machine is")
	ctx, cancel := context.WithTimeout(servetest.As(t.Context(), "admin"), time.Hour)
	defer cancel()
	_, err = keys.CreateApiKey(ctx, goodKey)
	require.NoError(t, err)
	assert.Less(t, left, time.Hour-9*time.Millisecond)
	d.watch = func(_ *identityv1.WatchIdentitiesRequest, s grpc.ServerStreamingServer[identityv1.WatchIdentitiesResponse]) error {
		_, ok := s.Context().Deadline()
		assert.False(t, ok, "a stream without deadline has none")
		return nil
	}
	s, err := developers.WatchIdentities(servetest.As(t.Context(), "service"), &identityv1.WatchIdentitiesRequest{})
	require.NoError(t, err)
	_, err = s.Recv()
	require.Equal(t, io.EOF, err)
}

func TestAStreamEndsWithItsCredential(t *testing.T) {
	t.Parallel()
	d := newDoor()
	keys := &servetest.Revocable{Verifier: people}
	deps := d.deps()
	deps.Verifier = keys
	developers := identityv1.NewDeveloperServiceClient(servetest.Start(t, "identity", deps, d.register))
	opened := make(chan struct{})
	d.watch = func(_ *identityv1.WatchIdentitiesRequest, s grpc.ServerStreamingServer[identityv1.WatchIdentitiesResponse]) error {
		close(opened)
		<-s.Context().Done()
		return s.Context().Err()
	}
	s, err := developers.WatchIdentities(servetest.As(t.Context(), "service"), &identityv1.WatchIdentitiesRequest{})
	require.NoError(t, err)
	<-opened
	keys.Revoke()
	_, err = s.Recv()
	require.ErrorIs(t, err, auth.ErrInvalid)
}

// A client who does not read keeps a handler that sends to him, which must not outlive his key for that.
func TestAStreamThatIsNotReadEndsWithItsCredential(t *testing.T) {
	t.Parallel()
	d := newDoor()
	keys := &servetest.Revocable{Verifier: people}
	deps := d.deps()
	deps.Verifier = keys
	developers := identityv1.NewDeveloperServiceClient(servetest.Start(t, "identity", deps, d.register))
	blocked, ended := make(chan struct{}), make(chan struct{})
	d.watch = func(_ *identityv1.WatchIdentitiesRequest, s grpc.ServerStreamingServer[identityv1.WatchIdentitiesResponse]) error {
		defer close(ended)
		full := time.AfterFunc(500*time.Millisecond, sync.OnceFunc(func() { close(blocked) })) // nothing was taken for so long
		for {
			if err := s.Send(&identityv1.WatchIdentitiesResponse{Changes: []*identityv1.IdentityChange{{OrganizationId: strings.Repeat("x", 1<<20)}}}); err != nil {
				return err
			}
			full.Reset(500 * time.Millisecond)
		}
	}
	_, err := developers.WatchIdentities(servetest.As(t.Context(), "service"), &identityv1.WatchIdentitiesRequest{})
	require.NoError(t, err)
	<-blocked
	keys.Revoke()
	select {
	case <-ended:
	case <-time.After(20 * time.Second):
		t.Error("the handler waits for a client who does not read")
	}
}

func TestSlowHandlerIsToldByTheServer(t *testing.T) {
	d := newDoor()
	keys, _ := d.start(t)
	d.create = func(ctx context.Context, _ *identityv1.CreateApiKeyRequest) (*identityv1.CreateApiKeyResponse, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	ctx, cancel := context.WithTimeout(servetest.As(t.Context(), "admin"), 60*time.Millisecond)
	defer cancel()
	_, err := keys.CreateApiKey(ctx, goodKey)
	require.ErrorIs(t, err, fault.Timeout)
	require.ErrorIs(t, err, context.DeadlineExceeded)
}

func TestNothingConfidentialInTheLog(t *testing.T) {
	d := newDoor()
	keys, _ := d.start(t)
	d.create = func(_ context.Context, req *identityv1.CreateApiKeyRequest) (*identityv1.CreateApiKeyResponse, error) {
		return nil, fault.New(fault.Exists, "THERE", "").With("key %q exists", req.GetDisplayName())
	}
	_, err := keys.CreateApiKey(servetest.As(t.Context(), "admin"), goodKey)
	require.ErrorContains(t, err, "confidential-body")
	_, _ = keys.CreateApiKey(servetest.As(t.Context(), "tell-no-token"), goodKey)
	assert.NotContains(t, d.log.text(), "confidential-body")
	assert.NotContains(t, d.log.text(), "tell-no-token")
}

func TestServiceNameIsLogged(t *testing.T) {
	d := newDoor()
	_, developers := d.start(t)
	d.watch = func(*identityv1.WatchIdentitiesRequest, grpc.ServerStreamingServer[identityv1.WatchIdentitiesResponse]) error {
		return nil
	}
	ctx := metadata.AppendToOutgoingContext(servetest.As(t.Context(), "service"), auth.HeaderService, "events")
	s, err := developers.WatchIdentities(ctx, &identityv1.WatchIdentitiesRequest{})
	require.NoError(t, err)
	_, err = s.Recv()
	require.Equal(t, io.EOF, err)
	assert.Equal(t, "events", d.log.last(t)["caller_service"])
}
