package auth_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	_ "google.golang.org/grpc/channelz/grpc_channelz_v1"

	"devtrail.dev/kit/auth"
	"devtrail.dev/kit/fault"
	accessv1 "devtrail.dev/proto/gen/devtrail/access/v1"
	_ "devtrail.dev/proto/gen/devtrail/identity/v1"
)

const (
	ingest   = accessv1.Role_ROLE_INGEST
	analyst  = accessv1.Role_ROLE_ANALYST
	admin    = accessv1.Role_ROLE_ADMIN
	owner    = accessv1.Role_ROLE_OWNER
	service  = accessv1.Role_ROLE_SERVICE
	operator = accessv1.Role_ROLE_OPERATOR

	createKey  = "/devtrail.identity.v1.CredentialService/CreateApiKey"
	introspect = "/devtrail.identity.v1.CredentialService/Introspect"
	acme       = "0192f0c1-2d3e-7f40-8a51-627384950a1b"
	other      = "0192f0c1-2d3e-7f40-8a51-627384950a1c"
)

func identityRules(t *testing.T) auth.Rules {
	rules, err := auth.NewRules(map[string]grpc.ServiceInfo{
		"devtrail.identity.v1.CredentialService": {}, "grpc.health.v1.Health": {},
		"grpc.reflection.v1.ServerReflection": {}, "grpc.reflection.v1alpha.ServerReflection": {},
	}, nil)
	require.NoError(t, err)
	return rules
}

func TestIncludes(t *testing.T) {
	all := []auth.Role{ingest, analyst, admin, owner, service, operator}
	for has, wants := range map[auth.Role][]auth.Role{
		ingest: {ingest}, analyst: {analyst}, admin: {ingest, analyst, admin}, owner: {ingest, analyst, admin, owner},
		service: {service}, operator: {ingest, analyst, admin, owner, operator}, accessv1.Role_ROLE_UNSPECIFIED: {},
	} {
		for _, w := range all {
			assert.Equal(t, slices.Contains(wants, w), auth.Includes(has, w), "%s includes %s", has, w)
		}
		assert.False(t, auth.Includes(has, accessv1.Role_ROLE_UNSPECIFIED))
	}
}

func TestAuthorize(t *testing.T) {
	rules := identityRules(t)
	assert.NoError(t, rules.Authorize(createKey, auth.Caller{Role: admin}))
	assert.NoError(t, rules.Authorize(createKey, auth.Caller{Role: operator}))
	require.ErrorIs(t, rules.Authorize(createKey, auth.Caller{Role: analyst}), auth.ErrRole)
	require.ErrorIs(t, rules.Authorize(createKey, auth.Caller{Role: service}), fault.Denied)
	require.NoError(t, rules.Authorize(introspect, auth.Caller{Role: service}))
	require.ErrorIs(t, rules.Authorize(introspect, auth.Caller{Role: operator}), fault.Denied)
	assert.ErrorIs(t, rules.Authorize("/x/Y", auth.Caller{Role: operator}), fault.Denied)
}

func TestOpen(t *testing.T) {
	rules := identityRules(t)
	assert.True(t, rules.Open("/grpc.health.v1.Health/Check"))
	assert.True(t, rules.Open("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo"))
	assert.False(t, rules.Open(createKey))
	assert.False(t, rules.Open("/grpc.healthy.v1.Health/Check"))
}

func TestServiceWithoutDescriptor(t *testing.T) {
	_, err := auth.NewRules(map[string]grpc.ServiceInfo{"nobody.Knows": {}, "devtrail.identity.v1.ApiKey": {}}, nil)
	require.ErrorContains(t, err, "nobody.Knows")
	require.ErrorContains(t, err, "is not a service")
}

func TestForeignRules(t *testing.T) {
	const introspection = "grpc.channelz.v1.Channelz"
	_, err := auth.NewRules(map[string]grpc.ServiceInfo{introspection: {}}, nil)
	require.ErrorContains(t, err, "/grpc.channelz.v1.Channelz/GetServer has no access rule")
	rule := &accessv1.Access{Roles: []auth.Role{ingest}}
	foreign := auth.Foreign{}
	for _, method := range []string{"GetTopChannels", "GetServers", "GetServer", "GetServerSockets", "GetChannel", "GetSubchannel", "GetSocket"} {
		foreign["/"+introspection+"/"+method] = rule
	}
	rules, err := auth.NewRules(map[string]grpc.ServiceInfo{introspection: {}}, foreign)
	require.NoError(t, err)
	require.NoError(t, rules.Authorize("/grpc.channelz.v1.Channelz/GetServer", auth.Caller{Role: ingest}))
	require.ErrorIs(t, rules.Authorize("/grpc.channelz.v1.Channelz/GetServer", auth.Caller{Role: analyst}), auth.ErrRole)

	_, err = auth.NewRules(map[string]grpc.ServiceInfo{"devtrail.identity.v1.CredentialService": {}}, auth.Foreign{createKey: rule, "/x/Y": rule})
	require.ErrorContains(t, err, createKey+" has an access rule of its own")
	require.ErrorContains(t, err, "/x/Y has a foreign access rule, and is not registered")
}

func TestPlace(t *testing.T) {
	rules := identityRules(t)
	for _, c := range []struct {
		say, method string
		caller      auth.Caller
		named, want string
		err         error
	}{
		{"a key works in its own", createKey, auth.Caller{Role: admin, OrganizationID: acme}, "", acme, nil},
		{"and may say so", createKey, auth.Caller{Role: admin, OrganizationID: acme}, acme, acme, nil},
		{"not in another", createKey, auth.Caller{Role: admin, OrganizationID: acme}, other, "", auth.ErrOrganizationNotFound},
		{"the operator names one", createKey, auth.Caller{Role: operator}, acme, acme, nil},
		{"in any case", createKey, auth.Caller{Role: operator}, "0192F0C1-2D3E-7F40-8A51-627384950A1B", acme, nil},
		{"and must", createKey, auth.Caller{Role: operator}, "", "", auth.ErrOrganizationMissing},
		{"unless the method spans them", introspect, auth.Caller{Role: service}, "", "", nil},
		{"and may there too", introspect, auth.Caller{Role: service}, acme, acme, nil},
		{"a UUID it must be", createKey, auth.Caller{Role: operator}, "acme", "", auth.ErrOrganizationInvalid},
		{"of the plain form", createKey, auth.Caller{Role: operator}, "{" + acme + "}", "", auth.ErrOrganizationInvalid},
	} {
		got, err := rules.Place(c.method, c.caller, c.named)
		if c.err != nil {
			require.ErrorIs(t, err, c.err, c.say)
			continue
		}
		require.NoError(t, err, c.say)
		assert.Equal(t, c.want, got.OrganizationID, c.say)
	}
}
