package auth_test

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/auth"
	"devtrail.dev/kit/fault"
	accessv1 "devtrail.dev/proto/gen/devtrail/access/v1"
)

func TestToken(t *testing.T) {
	seen := map[string]bool{}
	for range 200 {
		token := auth.NewToken(auth.PrefixKey)
		require.Regexp(t, `^dvk_[0-9A-Za-z]{36}$`, token)
		require.False(t, seen[token])
		seen[token] = true
		prefix, ok := auth.CheckToken(token)
		require.True(t, ok)
		require.Equal(t, "dvk", prefix)
	}
}

func TestCheckTokenRefuses(t *testing.T) {
	token := auth.NewToken(auth.PrefixIngest)
	swapped := auth.PrefixKey + strings.TrimPrefix(token, auth.PrefixIngest)
	for i := range token {
		other := byte('0')
		if token[i] == other {
			other = '1'
		}
		_, ok := auth.CheckToken(token[:i] + string(other) + token[i+1:])
		assert.False(t, ok, "a changed character at %d", i)
	}
	for _, bad := range []string{"", "_", "dvi", swapped, token + "0", token[:len(token)-1], "DVI" + token[3:], token[:10] + "-" + token[11:], "x" + token} {
		_, ok := auth.CheckToken(bad)
		assert.False(t, ok, bad)
	}
	assert.NotEqual(t, auth.HashToken(token), auth.HashToken(swapped))
}

func TestStatic(t *testing.T) {
	operator, service := auth.NewToken(auth.PrefixOperator), auth.NewToken(auth.PrefixService)
	v := auth.NewStatic([]string{operator}, []string{"", " " + service + " "})
	c, err := v.Verify(t.Context(), operator)
	require.NoError(t, err)
	assert.Equal(t, accessv1.Role_ROLE_OPERATOR, c.Role)
	assert.Regexp(t, "^operator-[0-9a-f]{8}$", c.CredentialID)
	assert.Empty(t, c.OrganizationID)
	c, err = v.Verify(t.Context(), service)
	require.NoError(t, err)
	assert.Equal(t, accessv1.Role_ROLE_SERVICE, c.Role)
	for _, bad := range []string{"", auth.NewToken(auth.PrefixOperator), operator + "x"} {
		_, err = v.Verify(t.Context(), bad)
		assert.ErrorIs(t, err, auth.ErrInvalid)
	}
}

type anyone struct{ name string }

func (a anyone) Verify(context.Context, string) (auth.Caller, error) {
	return auth.Caller{CredentialID: a.name}, nil
}

func TestChain(t *testing.T) {
	v := auth.NewChain(auth.NewStatic(nil, nil), anyone{"first"}, anyone{"second"})
	_, err := v.Verify(t.Context(), auth.NewToken(auth.PrefixService))
	require.ErrorIs(t, err, auth.ErrInvalid, "the verifier that claims the token has the last word")
	c, err := v.Verify(t.Context(), auth.NewToken(auth.PrefixKey))
	require.NoError(t, err)
	assert.Equal(t, "first", c.CredentialID)
	_, err = auth.NewChain(auth.NewStatic(nil, nil)).Verify(t.Context(), "junk")
	require.ErrorIs(t, err, fault.Unauthenticated)
}

func TestCallerInContext(t *testing.T) {
	_, ok := auth.FromContext(t.Context())
	assert.False(t, ok)
	assert.Panics(t, func() { auth.MustCaller(t.Context()) })
	ctx := auth.WithCaller(t.Context(), auth.Caller{CredentialID: "x"})
	assert.Equal(t, "x", auth.MustCaller(ctx).CredentialID)
}
