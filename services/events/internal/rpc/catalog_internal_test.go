package rpc_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/testing/protocmp"

	"devtrail.dev/kit/fault"
	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
)

func (b *bundle) counted(excluding bool) float64 {
	b.t.Helper()
	res, err := b.insight.QueryTrends(b.as("analyst"), &eventsv1.QueryTrendsRequest{
		Range: during(noon, noon.Add(time.Hour)), Series: []*eventsv1.TrendSeries{{Match: everything()}}, ExcludeInternal: excluding,
	})
	require.NoError(b.t, err)
	return res.GetRows()[0].GetTotal()
}

func TestInternalEventsAreLeftOut(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for n := range byte(4) {
		b.capture(event(n+1, by(email, "ada@example.org"), func(e *eventsv1.Event) {
			e.PropertiesJson = []string{`{"env":"test"}`, `{"env":"live"}`, `{}`, `{}`}[n]
		}))
	}
	require.InDelta(t, 4, b.counted(true), 0, "without filters every event counts")
	got, err := b.catalog.GetInternalFilters(b.as("analyst"), &eventsv1.GetInternalFiltersRequest{})
	require.NoError(t, err)
	require.Empty(t, cmp.Diff(&eventsv1.InternalFilters{}, got.GetInternalFilters(), protocmp.Transform()))

	filters := &eventsv1.InternalFilters{Properties: []*eventsv1.PropertyFilter{
		{Key: "env", Operator: eventsv1.PropertyOperator_PROPERTY_OPERATOR_IS_NOT, Values: []string{"test"}},
	}}
	set, err := b.catalog.SetInternalFilters(b.as("admin"), &eventsv1.SetInternalFiltersRequest{InternalFilters: filters})
	require.NoError(t, err)
	require.EqualValues(t, 1, set.GetInternalFilters().GetRevision())
	require.InDelta(t, 3, b.counted(true), 0)
	require.InDelta(t, 4, b.counted(false), 0)

	filters.Revision = 7
	_, err = b.catalog.SetInternalFilters(b.as("admin"), &eventsv1.SetInternalFiltersRequest{InternalFilters: filters})
	require.ErrorIs(t, err, fault.Conflict)
	filters.Revision, filters.Properties = 1, nil
	_, err = b.catalog.SetInternalFilters(b.as("admin"), &eventsv1.SetInternalFiltersRequest{InternalFilters: filters})
	require.NoError(t, err)
	require.InDelta(t, 4, b.counted(true), 0)
	_, err = b.catalog.SetInternalFilters(b.as("analyst"), &eventsv1.SetInternalFiltersRequest{InternalFilters: filters})
	require.ErrorIs(t, err, fault.Denied)
}

func TestInternalFiltersUseCohorts(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.capture(event(1, by(email, "ada@example.org")), event(2, by(email, "bo@example.org")))
	testers, err := b.catalog.CreateCohort(b.as("admin"), &eventsv1.CreateCohortRequest{Cohort: &eventsv1.Cohort{
		Name: "testers", Definition: &eventsv1.CohortDefinition{Kind: &eventsv1.CohortDefinition_Static{
			Static: &eventsv1.StaticCohort{DeveloperIds: []string{b.list(&eventsv1.ListEventsRequest{})[0].GetDeveloperId()}},
		}},
	}})
	require.NoError(t, err)
	filters := &eventsv1.InternalFilters{Properties: []*eventsv1.PropertyFilter{{
		Scope: eventsv1.PropertyScope_PROPERTY_SCOPE_COHORT, Operator: eventsv1.PropertyOperator_PROPERTY_OPERATOR_NOT_IN, CohortId: testers.GetCohort().GetId(),
	}}}
	_, err = b.catalog.SetInternalFilters(b.as("admin"), &eventsv1.SetInternalFiltersRequest{InternalFilters: filters})
	require.NoError(t, err)
	require.InDelta(t, 1, b.counted(true), 0)
	_, err = b.catalog.DeleteCohort(b.as("admin"), &eventsv1.DeleteCohortRequest{CohortId: testers.GetCohort().GetId()})
	require.ErrorIs(t, err, fault.State, "it is in use")

	for field, f := range map[string]*eventsv1.PropertyFilter{
		"internal_filters.properties[0].key":       {Values: []string{"a"}},
		"internal_filters.properties[0].values[0]": {Key: "a", Operator: eventsv1.PropertyOperator_PROPERTY_OPERATOR_GREATER, Values: []string{"x"}},
	} {
		_, err := b.catalog.SetInternalFilters(b.as("admin"), &eventsv1.SetInternalFiltersRequest{InternalFilters: &eventsv1.InternalFilters{Properties: []*eventsv1.PropertyFilter{f}}})
		var invalid *fault.Fault
		require.ErrorAs(t, err, &invalid)
		require.Equal(t, field, invalid.FieldPath())
	}
	require.InDelta(t, 1, b.counted(true), 0, "what was refused changed nothing")
}
