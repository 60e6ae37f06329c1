package rpc

import (
	"context"

	"devtrail.dev/kit/auth"
	"devtrail.dev/services/identity"
)

// actor returns who decides what the call asks for, as links and merges record it.
func actor(ctx context.Context) string {
	caller := auth.MustCaller(ctx)
	if caller.Role == identity.RoleService && caller.ServiceName != "" {
		return "service:" + caller.ServiceName
	}
	return "credential:" + caller.CredentialID
}
