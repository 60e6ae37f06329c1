package rpc_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"devtrail.dev/kit/fault"
	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
)

// past is before anything happened; the stores' own clocks say when queries ran.
var past = timestamppb.New(time.Unix(0, 0))

func TestQueriesCarryWhoAskedThem(t *testing.T) {
	b := setup(t)
	b.capture(event(1), event(2))
	_, err := b.insight.QueryPaths(b.as("analyst"), &eventsv1.QueryPathsRequest{
		Range: during(noon.AddDate(0, 0, -1), noon.AddDate(0, 0, 1)), Sources: []*eventsv1.PathSource{{}},
	})
	require.NoError(t, err)
	req := &eventsv1.ListSlowQueriesRequest{Since: past, MinElapsed: durationpb.New(0)}
	res, err := b.admin.ListSlowQueries(b.as("admin"), req)
	require.NoError(t, err)
	require.Equal(t, eventsv1.SlowQuerySource_SLOW_QUERY_SOURCE_INSTANCE, res.GetSource())
	require.Len(t, res.GetQueries(), 1)
	q := res.GetQueries()[0]
	require.Equal(t, []string{"2", "devtrail.events.v1.InsightService/QueryPaths", "sequences", ""}, []string{q.GetCaller(), q.GetRpc(), q.GetKind(), q.GetFailure()})
	require.NotEmpty(t, q.GetQueryId())
	require.NotEmpty(t, q.GetRequestId())
	foreign, err := b.admin.ListSlowQueries(b.as("stranger"), req)
	require.NoError(t, err)
	require.Empty(t, foreign.GetQueries(), "of another organization")
}

func TestTheStatusOfTheSystem(t *testing.T) {
	b := setup(t)
	res, err := b.admin.GetSystemStatus(b.as("admin"), &eventsv1.GetSystemStatusRequest{})
	require.NoError(t, err)
	require.True(t, res.GetDatabase().GetReady())
	require.Equal(t, "memory", res.GetDatabase().GetEngine())
	require.Empty(t, res.GetDatabase().GetTables(), "the sizes of all organizations together are for operators")
	require.NotNil(t, res.DeadLetterCount)
	res, err = b.admin.GetSystemStatus(b.as("operator"), &eventsv1.GetSystemStatusRequest{})
	require.NoError(t, err)
	require.Len(t, res.GetDatabase().GetTables(), 1)

	require.NoError(t, b.store.Close())
	res, err = b.admin.GetSystemStatus(b.as("operator"), &eventsv1.GetSystemStatusRequest{})
	require.NoError(t, err, "that the database is away is an answer")
	require.False(t, res.GetDatabase().GetReady())
	require.Equal(t, "the event store is closed", res.GetDatabase().GetMessage())
}

func TestOnlyAdminsLookAtQueries(t *testing.T) {
	b := setup(t)
	running, err := b.admin.ListRunningQueries(b.as("admin"), &eventsv1.ListRunningQueriesRequest{})
	require.NoError(t, err)
	require.Empty(t, running.GetQueries())
	_, err = b.admin.ListRunningQueries(b.as("analyst"), &eventsv1.ListRunningQueriesRequest{})
	require.ErrorIs(t, err, fault.Denied)
	for text, want := range map[string]fault.Kind{"x": fault.NotFound, `'; DROP TABLE events; --`: fault.NotFound, "a\x00b": fault.Invalid, "": fault.Invalid} {
		_, err = b.admin.CancelQuery(b.as("admin"), &eventsv1.CancelQueryRequest{QueryId: text})
		require.ErrorIs(t, err, want, "%q", text)
	}
	_, err = b.admin.CancelQuery(b.as("analyst"), &eventsv1.CancelQueryRequest{QueryId: "x"})
	require.ErrorIs(t, err, fault.Denied)
}
