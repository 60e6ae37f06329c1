package rpc

import (
	"context"

	"github.com/google/uuid"

	"devtrail.dev/kit/auth"
	"devtrail.dev/services/identity"
)

// organization returns the tenant that the call is about: the caller's own, or the one an operator or service named.
func organization(ctx context.Context) (uuid.UUID, error) {
	return parseID("organization", auth.MustCaller(ctx).OrganizationID)
}

// actor returns who decides what the call asks for, as links and merges record it.
func actor(ctx context.Context) string {
	caller := auth.MustCaller(ctx)
	if caller.Role == identity.RoleService && caller.ServiceName != "" {
		return "service:" + caller.ServiceName
	}
	return "credential:" + caller.CredentialID
}
