package servetest_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"

	"devtrail.dev/kit/auth"
	"devtrail.dev/kit/fault"
	"devtrail.dev/kit/leaktest"
	"devtrail.dev/kit/serve"
	"devtrail.dev/kit/serve/servetest"
	accessv1 "devtrail.dev/proto/gen/devtrail/access/v1"
	identityv1 "devtrail.dev/proto/gen/devtrail/identity/v1"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

type credentials struct {
	identityv1.UnimplementedCredentialServiceServer
}

func (credentials) Introspect(ctx context.Context, _ *identityv1.IntrospectRequest) (*identityv1.IntrospectResponse, error) {
	return &identityv1.IntrospectResponse{CredentialId: auth.MustCaller(ctx).CredentialID}, nil
}

func TestStart(t *testing.T) {
	conn := servetest.Start(t, "identity", serve.Deps{
		Verifier: servetest.Verifier{"s": auth.Caller{CredentialID: "me", Role: accessv1.Role_ROLE_SERVICE}},
	}, func(r grpc.ServiceRegistrar) { identityv1.RegisterCredentialServiceServer(r, credentials{}) })
	client := identityv1.NewCredentialServiceClient(conn)
	got, err := client.Introspect(servetest.As(t.Context(), "s"), &identityv1.IntrospectRequest{Token: "x"})
	require.NoError(t, err)
	assert.Equal(t, "me", got.GetCredentialId())
	_, err = client.Introspect(servetest.As(t.Context(), "x"), &identityv1.IntrospectRequest{Token: "x"})
	require.ErrorIs(t, err, fault.Unauthenticated)
}
