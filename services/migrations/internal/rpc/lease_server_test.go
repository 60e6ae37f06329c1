package rpc_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"devtrail.dev/kit/auth"
	"devtrail.dev/kit/fault"
	"devtrail.dev/kit/serve"
	"devtrail.dev/kit/serve/servetest"
	accessv1 "devtrail.dev/proto/gen/devtrail/access/v1"
	migrationsv1 "devtrail.dev/proto/gen/devtrail/migrations/v1"
	"devtrail.dev/services/migrations"
	"devtrail.dev/services/migrations/internal/lease"
	"devtrail.dev/services/migrations/internal/rpc"
)

// leases is a Leases with a clock that stands still.
type leases struct{ list []migrations.Lease }

var registered = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

func (l *leases) Register(_ context.Context, i migrations.Instance) (time.Time, error) {
	l.list = append(l.list, migrations.Lease{Instance: i, State: migrations.Live, RegisteredAt: registered, SeenAt: registered})
	return registered.Add(migrations.LeaseTime), nil
}

func (l *leases) Release(_ context.Context, id string) error {
	for i := range l.list {
		if l.list[i].ID == id {
			l.list[i].State = migrations.Released
			return nil
		}
	}
	return lease.ErrInstanceNotFound
}

func (l *leases) List(_ context.Context, after lease.Place, limit int) ([]migrations.Lease, error) {
	var page []migrations.Lease
	for _, one := range l.list {
		if one.ID > after.ID && len(page) < limit {
			page = append(page, one)
		}
	}
	return page, nil
}

func leaseClient(t *testing.T) (migrationsv1.LeaseServiceClient, func(token string) context.Context) {
	t.Helper()
	conn := servetest.Start(t, "migrations", serve.Deps{Verifier: servetest.Verifier{
		"operator": auth.Caller{Role: accessv1.Role_ROLE_OPERATOR},
		"service":  auth.Caller{Role: accessv1.Role_ROLE_SERVICE},
		"analyst":  auth.Caller{Role: accessv1.Role_ROLE_ANALYST},
	}}, func(r grpc.ServiceRegistrar) {
		migrationsv1.RegisterLeaseServiceServer(r, rpc.NewLeaseServer(&leases{}))
	})
	return migrationsv1.NewLeaseServiceClient(conn), func(token string) context.Context { return servetest.As(t.Context(), token) }
}

func TestLeases(t *testing.T) {
	client, as := leaseClient(t)
	one := &migrationsv1.Instance{
		Service: "identity", InstanceId: "instance-1", BuildVersion: "abc", ApplicationName: "devtrail-identity instance",
		Needs:            []*migrationsv1.SchemaNeed{{Database: "identity", MinVersion: 1, MaxVersionExclusive: 9, Uses: []string{"developers.id"}}},
		ExpectedInterval: durationpb.New(time.Hour), Parked: true,
	}
	res, err := client.RegisterInstance(as("service"), &migrationsv1.RegisterInstanceRequest{Instance: one})
	require.NoError(t, err)
	require.Equal(t, migrations.HeartbeatInterval, res.GetHeartbeatInterval().AsDuration())
	require.Equal(t, registered.Add(migrations.LeaseTime), res.GetExpiresAt().AsTime())

	two := &migrationsv1.Instance{Service: "events", InstanceId: "instance-2", BuildVersion: "abc", ApplicationName: "devtrail-events instance"}
	_, err = client.RegisterInstance(as("service"), &migrationsv1.RegisterInstanceRequest{Instance: two})
	require.NoError(t, err)
	_, err = client.ReleaseInstance(as("service"), &migrationsv1.ReleaseInstanceRequest{InstanceId: "instance-2"})
	require.NoError(t, err)
	_, err = client.ReleaseInstance(as("service"), &migrationsv1.ReleaseInstanceRequest{InstanceId: "instance-3"})
	require.ErrorIs(t, err, fault.NotFound)

	first, err := client.ListInstances(as("operator"), &migrationsv1.ListInstancesRequest{PageSize: 1})
	require.NoError(t, err)
	second, err := client.ListInstances(as("operator"), &migrationsv1.ListInstancesRequest{PageSize: 1, PageToken: first.GetNextPageToken()})
	require.NoError(t, err)
	require.Empty(t, second.GetNextPageToken())
	at := timestamppb.New(registered)
	require.Empty(t, cmp.Diff([]*migrationsv1.LeasedInstance{
		{Instance: one, State: migrationsv1.LeaseState_LEASE_STATE_LIVE, RegisteredAt: at, SeenAt: at},
		{Instance: two, State: migrationsv1.LeaseState_LEASE_STATE_RELEASED, RegisteredAt: at, SeenAt: at},
	}, append(first.GetInstances(), second.GetInstances()...), protocmp.Transform()))
}

func TestOnlyServicesHoldLeases(t *testing.T) {
	client, as := leaseClient(t)
	ok := &migrationsv1.RegisterInstanceRequest{Instance: &migrationsv1.Instance{
		Service: "identity", InstanceId: "instance-1", BuildVersion: "abc", ApplicationName: "x",
	}}
	_, err := client.RegisterInstance(as("analyst"), ok)
	require.ErrorIs(t, err, fault.Denied)
	_, err = client.ListInstances(as("analyst"), &migrationsv1.ListInstancesRequest{})
	require.ErrorIs(t, err, fault.Denied)
	_, err = client.RegisterInstance(as("service"), &migrationsv1.RegisterInstanceRequest{})
	require.ErrorIs(t, err, fault.Invalid)
}
