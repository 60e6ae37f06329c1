package rpc

import (
	"context"
	"time"

	"github.com/google/uuid"
	"google.golang.org/grpc"

	"devtrail.dev/kit/auth"
	"devtrail.dev/kit/page"
	identityv1 "devtrail.dev/proto/gen/devtrail/identity/v1"
	"devtrail.dev/services/identity"
	"devtrail.dev/services/identity/internal/feed"
	"devtrail.dev/services/identity/internal/postgres"
)

type developerServer struct {
	identityv1.UnimplementedDeveloperServiceServer

	developers *postgres.Developers
	feed       *feed.Feed
	identities *postgres.Identities
	now        func() time.Time
}

var _ identityv1.DeveloperServiceServer = (*developerServer)(nil)

// CreateDeveloper adds a developer without identities.
func (s *developerServer) CreateDeveloper(ctx context.Context, req *identityv1.CreateDeveloperRequest) (*identityv1.CreateDeveloperResponse, error) {
	organizationID, err := auth.Organization(ctx)
	if err != nil {
		return nil, err
	}
	requestID, err := parseOptionalID("request_id", req.GetRequestId())
	if err != nil {
		return nil, err
	}
	developer, err := identity.NewDeveloper(req.GetDisplayName(), s.now())
	if err != nil {
		return nil, err
	}
	developer, err = s.developers.Create(ctx, organizationID, developer, requestID)
	if err != nil {
		return nil, err
	}
	return &identityv1.CreateDeveloperResponse{Developer: developerToProto(developer)}, nil
}

// GetDeveloper returns one developer, or the one it was merged into.
func (s *developerServer) GetDeveloper(ctx context.Context, req *identityv1.GetDeveloperRequest) (*identityv1.GetDeveloperResponse, error) {
	organizationID, err := auth.Organization(ctx)
	if err != nil {
		return nil, err
	}
	id, err := parseID("developer_id", req.GetDeveloperId())
	if err != nil {
		return nil, err
	}
	developer, err := s.developers.Get(ctx, organizationID, id)
	if err != nil {
		return nil, err
	}
	return &identityv1.GetDeveloperResponse{Developer: developerToProto(developer)}, nil
}

// BatchGetDevelopers returns many developers in the order of the request.
func (s *developerServer) BatchGetDevelopers(ctx context.Context, req *identityv1.BatchGetDevelopersRequest) (*identityv1.BatchGetDevelopersResponse, error) {
	organizationID, err := auth.Organization(ctx)
	if err != nil {
		return nil, err
	}
	ids := make([]uuid.UUID, len(req.GetDeveloperIds()))
	for i, text := range req.GetDeveloperIds() {
		if ids[i], err = parseID(at("developer_ids", i), text); err != nil {
			return nil, err
		}
	}
	get := s.developers.BatchGet
	if req.GetView() == identityv1.DeveloperView_DEVELOPER_VIEW_BASIC {
		get = s.developers.BatchGetAlone
	}
	found, err := get(ctx, organizationID, ids)
	if err != nil {
		return nil, err
	}
	res := &identityv1.BatchGetDevelopersResponse{Matches: make([]*identityv1.DeveloperMatch, len(ids))}
	for i, id := range ids {
		res.Matches[i] = &identityv1.DeveloperMatch{DeveloperId: req.GetDeveloperIds()[i]}
		if developer, ok := found[id]; ok {
			res.Matches[i].Developer = developerToProto(developer)
		}
	}
	return res, nil
}

// ListDevelopers returns a page of the organization's developers.
func (s *developerServer) ListDevelopers(ctx context.Context, req *identityv1.ListDevelopersRequest) (*identityv1.ListDevelopersResponse, error) {
	organizationID, err := auth.Organization(ctx)
	if err != nil {
		return nil, err
	}
	size, err := page.Size(req.GetPageSize())
	if err != nil {
		return nil, err
	}
	after, _, err := page.Decode[uuid.UUID](req.GetPageToken(), "developers", organizationID)
	if err != nil {
		return nil, err
	}
	rows, err := s.developers.List(ctx, organizationID, after, size+1)
	if err != nil {
		return nil, err
	}
	rows, more := page.Cut(rows, size)
	res := &identityv1.ListDevelopersResponse{Developers: listToProto(rows, developerToProto)}
	if more {
		res.NextPageToken = page.Encode(rows[len(rows)-1].ID, "developers", organizationID)
	}
	return res, nil
}

// LinkIdentity gives an identity to a developer.
func (s *developerServer) LinkIdentity(ctx context.Context, req *identityv1.LinkIdentityRequest) (*identityv1.LinkIdentityResponse, error) {
	organizationID, err := auth.Organization(ctx)
	if err != nil {
		return nil, err
	}
	link, err := linkFromProto(req, actor(ctx))
	if err != nil {
		return nil, err
	}
	developer, err := s.identities.Link(ctx, organizationID, link, s.now())
	if err != nil {
		return nil, err
	}
	return &identityv1.LinkIdentityResponse{Developer: developerToProto(developer)}, nil
}

// MergeDevelopers makes two developers one.
func (s *developerServer) MergeDevelopers(ctx context.Context, req *identityv1.MergeDevelopersRequest) (*identityv1.MergeDevelopersResponse, error) {
	organizationID, err := auth.Organization(ctx)
	if err != nil {
		return nil, err
	}
	merge, err := mergeFromProto(req, actor(ctx))
	if err != nil {
		return nil, err
	}
	developer, err := s.developers.Merge(ctx, organizationID, merge, s.now())
	if err != nil {
		return nil, err
	}
	return &identityv1.MergeDevelopersResponse{Developer: developerToProto(developer)}, nil
}

// ResolveIdentities finds the developer of each identity, in the order of the request.
func (s *developerServer) ResolveIdentities(ctx context.Context, req *identityv1.ResolveIdentitiesRequest) (*identityv1.ResolveIdentitiesResponse, error) {
	organizationID, err := auth.Organization(ctx)
	if err != nil {
		return nil, err
	}
	if req.GetCreateMissing() {
		if err := identity.MayCreateMissing(auth.MustCaller(ctx).Role); err != nil {
			return nil, err
		}
	}
	mentions, err := mentionsFromProto(req.GetHints())
	if err != nil {
		return nil, err
	}
	found, err := s.identities.Resolve(ctx, organizationID, mentions, req.GetCreateMissing(), s.now())
	if err != nil {
		return nil, err
	}
	res := &identityv1.ResolveIdentitiesResponse{Identities: make([]*identityv1.ResolvedIdentity, len(mentions))}
	for i, mention := range mentions {
		res.Identities[i] = &identityv1.ResolvedIdentity{
			Identity:    identityToProto(mention.Identity),
			DeveloperId: optionalIDToProto(found[i]),
		}
	}
	return res, nil
}

// WatchIdentities streams changes until the caller leaves.
func (s *developerServer) WatchIdentities(req *identityv1.WatchIdentitiesRequest, stream grpc.ServerStreamingServer[identityv1.WatchIdentitiesResponse]) error {
	for batch, err := range s.feed.Watch(stream.Context(), req.GetAfterSequence()) {
		if err != nil {
			return err
		}
		if err := stream.Send(batchToProto(batch)); err != nil {
			return err
		}
	}
	return nil
}
