package rpc

import (
	"context"
	"errors"
	"time"

	"devtrail.dev/kit/auth"
	"devtrail.dev/kit/page"
	identityv1 "devtrail.dev/proto/gen/devtrail/identity/v1"
	"devtrail.dev/services/identity"
	"devtrail.dev/services/identity/internal/credentials"
	"devtrail.dev/services/identity/internal/postgres"
)

type credentialServer struct {
	identityv1.UnimplementedCredentialServiceServer

	judge *credentials.Judge
	keys  *postgres.APIKeys
	now   func() time.Time
}

var _ identityv1.CredentialServiceServer = (*credentialServer)(nil)

// CreateApiKey makes a key and shows its token this once.
func (s *credentialServer) CreateApiKey(ctx context.Context, req *identityv1.CreateApiKeyRequest) (*identityv1.CreateApiKeyResponse, error) {
	organizationID, err := auth.Organization(ctx)
	if err != nil {
		return nil, err
	}
	key, token, err := identity.NewAPIKey(req.GetDisplayName(), req.GetRole(), req.GetLifetime().AsDuration(), auth.MustCaller(ctx), s.now())
	if err != nil {
		return nil, err
	}
	if err := s.keys.Create(ctx, organizationID, postgres.NewKey{Key: key, Token: token, Actor: actor(ctx)}); err != nil {
		return nil, err
	}
	return &identityv1.CreateApiKeyResponse{ApiKey: apiKeyToProto(key), Token: token}, nil
}

// ListApiKeys returns a page of the organization's keys.
func (s *credentialServer) ListApiKeys(ctx context.Context, req *identityv1.ListApiKeysRequest) (*identityv1.ListApiKeysResponse, error) {
	organizationID, err := auth.Organization(ctx)
	if err != nil {
		return nil, err
	}
	size, err := page.Size(req.GetPageSize())
	if err != nil {
		return nil, err
	}
	after, _, err := page.Decode[postgres.KeyCursor](req.GetPageToken(), "api_keys", organizationID)
	if err != nil {
		return nil, err
	}
	rows, err := s.keys.List(ctx, organizationID, after, size+1)
	if err != nil {
		return nil, err
	}
	rows, more := page.Cut(rows, size)
	res := &identityv1.ListApiKeysResponse{ApiKeys: listToProto(rows, apiKeyToProto)}
	if more {
		last := rows[len(rows)-1]
		res.NextPageToken = page.Encode(postgres.KeyCursor{CreatedAt: last.CreatedAt, ID: last.ID}, "api_keys", organizationID)
	}
	return res, nil
}

// RevokeApiKey ends a key for good.
func (s *credentialServer) RevokeApiKey(ctx context.Context, req *identityv1.RevokeApiKeyRequest) (*identityv1.RevokeApiKeyResponse, error) {
	organizationID, err := auth.Organization(ctx)
	if err != nil {
		return nil, err
	}
	id, err := parseID("api_key_id", req.GetApiKeyId())
	if err != nil {
		return nil, err
	}
	key, err := s.keys.Revoke(ctx, organizationID, id, s.now())
	if err != nil {
		return nil, err
	}
	return &identityv1.RevokeApiKeyResponse{ApiKey: apiKeyToProto(key)}, nil
}

// Introspect says whose a token is; every token that may not be used gives the same answer.
func (s *credentialServer) Introspect(ctx context.Context, req *identityv1.IntrospectRequest) (*identityv1.IntrospectResponse, error) {
	credential, err := s.judge.Find(ctx, req.GetToken())
	if errors.Is(err, auth.ErrInvalid) {
		return &identityv1.IntrospectResponse{}, nil
	}
	if err != nil {
		return nil, err
	}
	return &identityv1.IntrospectResponse{
		Active:         true,
		CredentialId:   credential.ID.String(),
		OrganizationId: credential.OrganizationID.String(),
		Role:           credential.Role,
		ExpiresAt:      optionalToProto(credential.ExpiresAt),
	}, nil
}
