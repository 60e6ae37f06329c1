package rpc

import (
	"context"
	"time"

	"github.com/google/uuid"

	"devtrail.dev/kit/auth"
	"devtrail.dev/kit/page"
	identityv1 "devtrail.dev/proto/gen/devtrail/identity/v1"
	"devtrail.dev/services/identity"
	"devtrail.dev/services/identity/internal/postgres"
)

type organizationServer struct {
	identityv1.UnimplementedOrganizationServiceServer

	organizations *postgres.Organizations
	now           func() time.Time
}

var _ identityv1.OrganizationServiceServer = (*organizationServer)(nil)

// CreateOrganization adds a tenant with its first admin key.
func (s *organizationServer) CreateOrganization(ctx context.Context, req *identityv1.CreateOrganizationRequest) (*identityv1.CreateOrganizationResponse, error) {
	requestID, err := parseOptionalID("request_id", req.GetRequestId())
	if err != nil {
		return nil, err
	}
	organization, err := identity.NewOrganization(req.GetSlug(), req.GetDisplayName(), s.now())
	if err != nil {
		return nil, err
	}
	key, token, err := identity.NewAPIKey("first admin key", identity.RoleAdmin, 0, auth.MustCaller(ctx), s.now())
	if err != nil {
		return nil, err
	}
	organization, created, err := s.organizations.Create(ctx, organization, requestID, postgres.NewKey{Key: key, Token: token, Actor: actor(ctx)})
	if err != nil {
		return nil, err
	}
	if !created {
		token = ""
	}
	return &identityv1.CreateOrganizationResponse{Organization: organizationToProto(organization), AdminToken: token}, nil
}

// GetOrganization returns the caller's organization, or any one to an operator.
func (s *organizationServer) GetOrganization(ctx context.Context, req *identityv1.GetOrganizationRequest) (*identityv1.GetOrganizationResponse, error) {
	own, err := auth.Organization(ctx)
	if err != nil {
		return nil, err
	}
	id, err := parseOptionalID("organization_id", req.GetOrganizationId())
	if err != nil {
		return nil, err
	}
	if id == uuid.Nil {
		id = own
	}
	if id != own && auth.MustCaller(ctx).Role != identity.RoleOperator {
		return nil, identity.ErrOrganizationNotFound.With("organization %q not found", id).Field("organization_id")
	}
	organization, err := s.organizations.Get(ctx, id)
	if err != nil {
		return nil, err
	}
	return &identityv1.GetOrganizationResponse{Organization: organizationToProto(organization)}, nil
}

// ListOrganizations returns a page of the installation's organizations.
func (s *organizationServer) ListOrganizations(ctx context.Context, req *identityv1.ListOrganizationsRequest) (*identityv1.ListOrganizationsResponse, error) {
	size, err := page.Size(req.GetPageSize())
	if err != nil {
		return nil, err
	}
	after, _, err := page.Decode[string](req.GetPageToken(), "organizations")
	if err != nil {
		return nil, err
	}
	rows, err := s.organizations.List(ctx, after, size+1)
	if err != nil {
		return nil, err
	}
	rows, more := page.Cut(rows, size)
	res := &identityv1.ListOrganizationsResponse{Organizations: listToProto(rows, organizationToProto)}
	if more {
		res.NextPageToken = page.Encode(rows[len(rows)-1].Slug, "organizations")
	}
	return res, nil
}
