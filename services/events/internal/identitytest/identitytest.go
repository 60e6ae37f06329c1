// Package identitytest is an identity service in memory that keeps the contract of DeveloperService as far as the events service uses it.
// It stands where the real one stands, in tests only.
package identitytest

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"google.golang.org/grpc"

	"devtrail.dev/kit/auth"
	"devtrail.dev/kit/fault"
	"devtrail.dev/kit/serve"
	"devtrail.dev/kit/serve/servetest"
	accessv1 "devtrail.dev/proto/gen/devtrail/access/v1"
	identityv1 "devtrail.dev/proto/gen/devtrail/identity/v1"
)

var (
	errDown     = fault.New(fault.Unavailable, "DOWN", "the identity service is down")
	errIdentity = fault.New(fault.Invalid, "IDENTITY_INVALID", "not an account id")
)

// Service is the identity service of a test.
type Service struct {
	identityv1.UnimplementedDeveloperServiceServer

	mu      sync.Mutex
	changed chan struct{} // closed when something has changed
	owners  map[string]string
	merged  map[string]string
	changes []*identityv1.IdentityChange
	down    bool
}

// Start serves an empty identity service and returns it with a client that presents a service key.
func Start(tb testing.TB) (*Service, identityv1.DeveloperServiceClient) {
	tb.Helper()
	s := &Service{changed: make(chan struct{}), owners: make(map[string]string), merged: make(map[string]string)}
	const token = "the events service"
	deps := serve.Deps{Verifier: servetest.Verifier{token: auth.Caller{Role: accessv1.Role_ROLE_SERVICE, CredentialID: "events", ServiceName: "events"}}}
	conn := servetest.Start(tb, "identity", deps, func(r grpc.ServiceRegistrar) { identityv1.RegisterDeveloperServiceServer(r, s) })
	return s, identityv1.NewDeveloperServiceClient(presenting{conn, token})
}

// presenting adds a token to every call.
type presenting struct {
	grpc.ClientConnInterface
	token string
}

func (p presenting) Invoke(ctx context.Context, method string, args, reply any, opts ...grpc.CallOption) error {
	return p.ClientConnInterface.Invoke(servetest.As(ctx, p.token), method, args, reply, opts...)
}

func (p presenting) NewStream(ctx context.Context, desc *grpc.StreamDesc, method string, opts ...grpc.CallOption) (grpc.ClientStream, error) {
	return p.ClientConnInterface.NewStream(servetest.As(ctx, p.token), desc, method, opts...)
}

// SetDown makes every call fail, or lets them pass again. Streams end.
func (s *Service) SetDown(down bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.down = down
	s.wake()
}

// Link gives an identity of an organization to a developer, as LinkIdentity does.
func (s *Service) Link(organization string, i *identityv1.Identity, developer string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.give(organization, i, developer)
}

// Merge moves all identities of one developer to another, as MergeDevelopers does.
func (s *Service) Merge(organization, target, source string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.merged[source] = target
	for _, c := range append([]*identityv1.IdentityChange(nil), s.changes...) {
		if c.GetOrganizationId() == organization && s.owners[name(organization, c.GetIdentity())] == source {
			s.give(organization, c.GetIdentity(), target)
		}
	}
}

// Undo gives a merged developer back the identities that her merge took and her survivor still has.
func (s *Service) Undo(organization, source string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	survivor := s.survivor(source)
	delete(s.merged, source)
	for _, c := range append([]*identityv1.IdentityChange(nil), s.changes...) {
		moved := c.GetOrganizationId() == organization && c.GetPreviousDeveloperId() == source
		if moved && s.owners[name(organization, c.GetIdentity())] == survivor {
			s.give(organization, c.GetIdentity(), source)
		}
	}
}

// survivor follows merges. The service must be locked.
func (s *Service) survivor(developer string) string {
	for s.merged[developer] != "" {
		developer = s.merged[developer]
	}
	return developer
}

// ResolveIdentities refuses a batch as a whole, as the real one does.
func (s *Service) ResolveIdentities(ctx context.Context, req *identityv1.ResolveIdentitiesRequest) (*identityv1.ResolveIdentitiesResponse, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.down {
		return nil, errDown
	}
	organization := auth.MustCaller(ctx).OrganizationID
	res := &identityv1.ResolveIdentitiesResponse{}
	for _, h := range req.GetHints() {
		i := &identityv1.Identity{Kind: h.GetIdentity().GetKind(), Value: strings.TrimSpace(h.GetIdentity().GetValue())}
		switch i.GetKind() {
		case identityv1.IdentityKind_IDENTITY_KIND_GIT_EMAIL:
			i.Value = strings.ToLower(i.GetValue())
			if s.owners[name(organization, i)] == "" && req.GetCreateMissing() {
				s.give(organization, i, uuid.NewString())
			}
		case identityv1.IdentityKind_IDENTITY_KIND_GITHUB_ACCOUNT:
			if strings.Trim(i.GetValue(), "0123456789") != "" {
				return nil, errIdentity.With("%q is not an account id", i.GetValue()).Field("hints[0].identity.value")
			}
		}
		res.Identities = append(res.Identities, &identityv1.ResolvedIdentity{Identity: i, DeveloperId: s.owners[name(organization, i)]})
	}
	return res, nil
}

// BatchGetDevelopers follows merges.
func (s *Service) BatchGetDevelopers(_ context.Context, req *identityv1.BatchGetDevelopersRequest) (*identityv1.BatchGetDevelopersResponse, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.down {
		return nil, errDown
	}
	res := &identityv1.BatchGetDevelopersResponse{}
	for _, id := range req.GetDeveloperIds() {
		res.Matches = append(res.Matches, &identityv1.DeveloperMatch{DeveloperId: id, Developer: &identityv1.Developer{Id: s.survivor(id)}})
	}
	return res, nil
}

// WatchIdentities sends what has happened and then what happens, with a heartbeat each second of silence.
func (s *Service) WatchIdentities(req *identityv1.WatchIdentitiesRequest, stream grpc.ServerStreamingServer[identityv1.WatchIdentitiesResponse]) error {
	sent := req.GetAfterSequence()
	beat := time.NewTicker(time.Second)
	defer beat.Stop()
	for {
		s.mu.Lock()
		pending, changed, down := s.changes[sent:], s.changed, s.down
		s.mu.Unlock()
		if down {
			return errDown
		}
		sent += int64(len(pending))
		if err := stream.Send(&identityv1.WatchIdentitiesResponse{Changes: pending, Sequence: sent}); err != nil {
			return err
		}
		select {
		case <-stream.Context().Done():
			return stream.Context().Err()
		case <-changed:
		case <-beat.C:
		}
	}
}

// give records a change. The service must be locked.
func (s *Service) give(organization string, i *identityv1.Identity, developer string) {
	key := name(organization, i)
	s.changes = append(s.changes, &identityv1.IdentityChange{
		DeveloperId:         developer,
		Identity:            i,
		OrganizationId:      organization,
		PreviousDeveloperId: s.owners[key],
		Sequence:            int64(len(s.changes) + 1),
	})
	s.owners[key] = developer
	s.wake()
}

func (s *Service) wake() {
	close(s.changed)
	s.changed = make(chan struct{})
}

func name(organization string, i *identityv1.Identity) string {
	return organization + "\x00" + i.GetKind().String() + "\x00" + i.GetValue()
}
