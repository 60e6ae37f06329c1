package rpc

import (
	"context"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"devtrail.dev/kit/page"
	migrationsv1 "devtrail.dev/proto/gen/devtrail/migrations/v1"
	"devtrail.dev/services/migrations"
	"devtrail.dev/services/migrations/internal/lease"
)

// Leases is what the desk asks about instances: the store of leases.
type Leases interface {
	// List returns at most limit leases after the place, live ones first.
	List(ctx context.Context, after lease.Place, limit int) ([]migrations.Lease, error)
	// Register takes or renews a lease and returns when it lapses.
	Register(ctx context.Context, instance migrations.Instance) (time.Time, error)
	// Release gives a lease back.
	Release(ctx context.Context, id string) error
}

// LeaseServer serves devtrail.migrations.v1.LeaseService.
type LeaseServer struct {
	migrationsv1.UnimplementedLeaseServiceServer
	leases Leases
}

// NewLeaseServer makes the server on the store of leases.
func NewLeaseServer(leases Leases) *LeaseServer { return &LeaseServer{leases: leases} }

// RegisterInstance takes or renews a lease.
func (s *LeaseServer) RegisterInstance(ctx context.Context, req *migrationsv1.RegisterInstanceRequest) (*migrationsv1.RegisterInstanceResponse, error) {
	expires, err := s.leases.Register(ctx, instanceFromProto(req.GetInstance()))
	if err != nil {
		return nil, err
	}
	return &migrationsv1.RegisterInstanceResponse{
		HeartbeatInterval: durationpb.New(migrations.HeartbeatInterval),
		ExpiresAt:         timestamppb.New(expires),
	}, nil
}

// ReleaseInstance gives a lease back.
func (s *LeaseServer) ReleaseInstance(ctx context.Context, req *migrationsv1.ReleaseInstanceRequest) (*migrationsv1.ReleaseInstanceResponse, error) {
	if err := s.leases.Release(ctx, req.GetInstanceId()); err != nil {
		return nil, err
	}
	return &migrationsv1.ReleaseInstanceResponse{}, nil
}

// ListInstances returns a page of instances, those with a live lease first.
func (s *LeaseServer) ListInstances(ctx context.Context, req *migrationsv1.ListInstancesRequest) (*migrationsv1.ListInstancesResponse, error) {
	size, err := page.Size(req.GetPageSize())
	if err != nil {
		return nil, err
	}
	after, _, err := page.Decode[lease.Place](req.GetPageToken())
	if err != nil {
		return nil, err
	}
	list, err := s.leases.List(ctx, after, size+1)
	if err != nil {
		return nil, err
	}
	list, more := page.Cut(list, size)
	res := &migrationsv1.ListInstancesResponse{}
	for _, l := range list {
		res.Instances = append(res.Instances, leaseToProto(l))
	}
	if more {
		last := list[len(list)-1]
		res.NextPageToken = page.Encode(lease.Place{State: last.State, ID: last.ID})
	}
	return res, nil
}

func instanceFromProto(m *migrationsv1.Instance) migrations.Instance {
	i := migrations.Instance{
		Service:          m.GetService(),
		ID:               m.GetInstanceId(),
		Build:            m.GetBuildVersion(),
		ApplicationName:  m.GetApplicationName(),
		Parked:           m.GetParked(),
		ExpectedInterval: max(0, m.GetExpectedInterval().AsDuration()),
	}
	for _, n := range m.GetNeeds() {
		i.Needs = append(i.Needs, migrations.SchemaNeed{
			Database: n.GetDatabase(), MinVersion: n.GetMinVersion(), MaxVersionExclusive: n.GetMaxVersionExclusive(), Uses: n.GetUses(),
		})
	}
	return i
}

var leaseStates = map[migrations.LeaseState]migrationsv1.LeaseState{
	migrations.Live:     migrationsv1.LeaseState_LEASE_STATE_LIVE,
	migrations.Lapsed:   migrationsv1.LeaseState_LEASE_STATE_LAPSED,
	migrations.Released: migrationsv1.LeaseState_LEASE_STATE_RELEASED,
}

func leaseToProto(l migrations.Lease) *migrationsv1.LeasedInstance {
	i := &migrationsv1.Instance{
		Service:         l.Service,
		InstanceId:      l.ID,
		BuildVersion:    l.Build,
		ApplicationName: l.ApplicationName,
		Parked:          l.Parked,
	}
	if l.ExpectedInterval > 0 {
		i.ExpectedInterval = durationpb.New(l.ExpectedInterval)
	}
	for _, n := range l.Needs {
		i.Needs = append(i.Needs, &migrationsv1.SchemaNeed{
			Database: n.Database, MinVersion: n.MinVersion, MaxVersionExclusive: n.MaxVersionExclusive, Uses: n.Uses,
		})
	}
	return &migrationsv1.LeasedInstance{
		Instance: i, State: leaseStates[l.State], RegisteredAt: timestamppb.New(l.RegisteredAt), SeenAt: timestamppb.New(l.SeenAt),
	}
}
