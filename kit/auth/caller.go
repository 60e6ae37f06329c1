// Package auth answers who calls and whether they may. Verifiers turn a bearer token into a Caller, Rules read
// from the contract which roles may use an RPC; the door (kit/serve) asks both before a handler runs, and
// handlers read the Caller from the context.
package auth

import (
	"context"
	"time"

	"github.com/google/uuid"

	"devtrail.dev/kit/fault"
	accessv1 "devtrail.dev/proto/gen/devtrail/access/v1"
)

// HeaderOrganization is the metadata key in which operator and service callers name the organization.
const HeaderOrganization = "x-devtrail-organization"

// HeaderService is the metadata key in which a service says its name. It is believed of service callers only.
const HeaderService = "x-devtrail-service"

// Role is what a caller is allowed to be.
type Role = accessv1.Role

var (
	// ErrMissing says that the request carries no bearer token.
	ErrMissing = fault.New(fault.Unauthenticated, "CREDENTIAL_MISSING", "the request carries no credential; send metadata authorization: Bearer <token>")
	// ErrInvalid is the one answer to unknown, expired, revoked and malformed tokens.
	ErrInvalid = fault.New(fault.Unauthenticated, "CREDENTIAL_INVALID", "the credential is not valid")
	// ErrUnknowable says that the token cannot be judged now.
	ErrUnknowable = fault.New(fault.Unavailable, "CREDENTIAL_UNKNOWABLE", "the credential cannot be checked now: the identity service does not answer")
	// ErrRole says that the caller's role does not include any the RPC lists.
	ErrRole = fault.New(fault.Denied, "ROLE_INSUFFICIENT", "the caller's role may not use this method")
	// ErrOrganizationMissing says that an operator or service names no organization where one is needed.
	ErrOrganizationMissing = fault.New(fault.Invalid, "ORGANIZATION_MISSING", "name the organization, a UUID, in metadata "+HeaderOrganization).Field(HeaderOrganization)
	// ErrOrganizationInvalid says that the organization named is no UUID.
	ErrOrganizationInvalid = fault.New(fault.Invalid, "ORGANIZATION_INVALID", "metadata "+HeaderOrganization+" is not a UUID").Field(HeaderOrganization)
	// ErrOrganizationNotFound is the answer to a key that names another organization than its own. It is the
	// same as for one that does not exist.
	ErrOrganizationNotFound = fault.New(fault.NotFound, "ORGANIZATION_NOT_FOUND", "organization not found")
)

// Caller is who calls, known to the door.
type Caller struct {
	OrganizationID string    // UUID; "" when none is named
	CredentialID   string    // of the key; for operator and service keys a fingerprint
	ExpiresAt      time.Time // the credential ends; zero when it does not
	Role           accessv1.Role
	ServiceName    string // what a service caller says it is; "" for others
}

type callerKey struct{}

// Organization is the tenant that the call is about: the caller's own, or the one that an operator or service named.
func Organization(ctx context.Context) (uuid.UUID, error) {
	id, err := uuid.Parse(MustCaller(ctx).OrganizationID)
	if err != nil {
		return uuid.Nil, ErrOrganizationInvalid.Wrap(err)
	}
	return id, nil
}

// WithCaller returns a context that carries the caller.
func WithCaller(ctx context.Context, c Caller) context.Context {
	return context.WithValue(ctx, callerKey{}, c)
}

// FromContext is the caller the door has admitted; false outside a request and in open RPCs.
func FromContext(ctx context.Context) (Caller, bool) {
	c, ok := ctx.Value(callerKey{}).(Caller)
	return c, ok
}

// MustCaller is FromContext where the door guarantees a caller: in every handler that has an access rule.
// It panics elsewhere.
func MustCaller(ctx context.Context) Caller {
	c, ok := FromContext(ctx)
	if !ok {
		//nolint:forbidigo // Must: a handler that runs past the door is a programming mistake
		panic("auth: no caller in the context: the handler was called past the door")
	}
	return c
}
