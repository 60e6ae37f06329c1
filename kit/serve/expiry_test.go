package serve

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"

	"devtrail.dev/kit/auth"
	accessv1 "devtrail.dev/proto/gen/devtrail/access/v1"
	identityv1 "devtrail.dev/proto/gen/devtrail/identity/v1"
)

// forgetful knows a caller once; then it cannot tell.
type forgetful struct {
	caller auth.Caller
	asked  bool
}

func (f *forgetful) Verify(context.Context, string) (auth.Caller, error) {
	if f.asked {
		return auth.Caller{}, auth.ErrUnknowable
	}
	f.asked = true
	return f.caller, nil
}

// While nobody can tell whether a key is revoked its streams go on, but not beyond the end that it was made with.
func TestAStreamEndsWithItsCredentialAlsoWhileNobodyCanTell(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := testServer(t, Config{})
		begin := time.Now()
		s.deps.Verifier = &forgetful{caller: auth.Caller{CredentialID: "c", ExpiresAt: begin.Add(time.Minute), Role: accessv1.Role_ROLE_SERVICE}}
		var err error
		s.rules, err = auth.NewRules(map[string]grpc.ServiceInfo{identityv1.DeveloperService_ServiceDesc.ServiceName: {}}, nil)
		require.NoError(t, err)
		ctx, cancel := context.WithTimeout(metadata.NewIncomingContext(t.Context(), metadata.Pairs("authorization", "Bearer x")), time.Hour)
		defer cancel()
		c := &call{method: identityv1.DeveloperService_WatchIdentities_FullMethodName, streams: true}
		err = s.auth(ctx, c, func(ctx context.Context) error {
			<-ctx.Done()
			return ctx.Err()
		})
		require.ErrorIs(t, err, auth.ErrInvalid)
		require.Equal(t, time.Minute, time.Since(begin))
	})
}
