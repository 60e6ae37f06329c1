package rpc_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/types/known/timestamppb"

	"devtrail.dev/kit/fault"
	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
)

// set sets properties of a developer some hours after noon.
func (b *bundle) set(developer string, hours int, properties string) *eventsv1.DeveloperProperties {
	b.t.Helper()
	res, err := b.catalog.UpdateDeveloperProperties(b.as("admin"), &eventsv1.UpdateDeveloperPropertiesRequest{
		DeveloperId: developer, OccurredAt: timestamppb.New(noon.Add(time.Duration(hours) * time.Hour)), SetJson: properties,
	})
	require.NoError(b.t, err)
	return res.GetProperties()
}

func (b *bundle) propertiesOf(developer string) *eventsv1.DeveloperProperties {
	b.t.Helper()
	res, err := b.catalog.GetDeveloperProperties(b.as("analyst"), &eventsv1.GetDeveloperPropertiesRequest{DeveloperId: developer})
	require.NoError(b.t, err)
	return res.GetProperties()
}

// theirs is a filter on a property of developers.
func theirs(key, value string) *eventsv1.PropertyFilter {
	return &eventsv1.PropertyFilter{
		Scope: eventsv1.PropertyScope_PROPERTY_SCOPE_DEVELOPER, Key: key, Operator: eventsv1.PropertyOperator_PROPERTY_OPERATOR_EXACT, Values: []string{value},
	}
}

// passing counts the events that pass a filter.
func (b *bundle) passing(f *eventsv1.PropertyFilter) int {
	b.t.Helper()
	res, err := b.insight.QueryTrends(b.as("analyst"), &eventsv1.QueryTrendsRequest{
		Range: during(noon.AddDate(0, 0, -1), noon.AddDate(0, 0, 1)), Properties: []*eventsv1.PropertyFilter{f}, TotalValue: true,
		Series: []*eventsv1.TrendSeries{{Match: everything()}},
	})
	require.NoError(b.t, err)
	return int(res.GetRows()[0].GetTotal())
}

// recomputed are the members of a cohort and their number, computed now.
func (b *bundle) recomputed(cohort string) (members []string, size int64) {
	b.t.Helper()
	res, err := b.catalog.RecomputeCohort(b.as("analyst"), &eventsv1.RecomputeCohortRequest{CohortId: cohort})
	require.NoError(b.t, err)
	return b.membersOf(cohort), res.GetCohort().GetComputation().GetSize()
}

func (b *bundle) membersOf(cohort string) []string {
	b.t.Helper()
	res, err := b.catalog.ListCohortMembers(b.as("analyst"), &eventsv1.ListCohortMembersRequest{CohortId: cohort})
	require.NoError(b.t, err)
	return res.GetDeveloperIds()
}

func TestAMergeJoinsThePropertiesOfDevelopers(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.capture(event(1, by(email, "ada@example.org")), event(2, by(email, "ada@home.example")), event(3, by(email, "bo@example.org")))
	list := b.list(&eventsv1.ListEventsRequest{})
	ada, target, bo := list[2].GetDeveloperId(), list[1].GetDeveloperId(), list[0].GetDeveloperId()
	b.set(ada, 1, `{"both":"o","old":1,"team":"core"}`)
	b.set(target, 0, `{"both":"n","new":2}`)
	definition := &eventsv1.CohortDefinition{Kind: &eventsv1.CohortDefinition_Dynamic{Dynamic: &eventsv1.DynamicCohort{
		AnyOf: []*eventsv1.CohortGroup{{Properties: []*eventsv1.PropertyFilter{theirs("team", "core")}}},
	}}}
	cohort := b.cohort("core", definition).GetId()
	members, size := b.recomputed(cohort)
	require.Equal(t, []string{ada}, members)
	require.EqualValues(t, 1, size)

	b.identity.Merge(acme, target, ada)
	require.Eventually(t, func() bool { return b.passing(theirs("team", "core")) == 2 }, soon, time.Millisecond, "the events of both have what was set of either")
	require.Equal(t, []string{target}, b.membersOf(cohort), "who was computed before is listed as who she is now")
	for _, developer := range []string{ada, target} {
		p := b.propertiesOf(developer)
		require.Equal(t, target, p.GetDeveloperId())
		require.JSONEq(t, `{"both":"n","new":2,"old":1,"team":"core"}`, p.GetPropertiesJson())
		require.Len(t, p.GetOrigins(), 4)
	}
	require.Zero(t, b.passing(theirs("both", "o")))
	members, size = b.recomputed(cohort)
	require.Equal(t, []string{target}, members)
	require.EqualValues(t, 1, size)

	// Updates look at what both had: an older one does not win, a newer one does, and the name of who is gone serves too.
	require.JSONEq(t, `{"both":"n","new":2,"old":1,"team":"core"}`, b.set(target, 0, `{"old":0}`).GetPropertiesJson())
	require.JSONEq(t, `{"both":"n","new":3,"old":1,"team":"web"}`, b.set(ada, 2, `{"new":3,"team":"web"}`).GetPropertiesJson())
	members, size = b.recomputed(cohort)
	require.Empty(t, members)
	require.Zero(t, size)

	// One who was merged brings what was merged into her.
	b.identity.Merge(acme, bo, target)
	require.Eventually(t, func() bool { return b.passing(theirs("team", "web")) == 3 }, soon, time.Millisecond)
	for _, developer := range []string{ada, target, bo} {
		require.JSONEq(t, `{"both":"n","new":3,"old":1,"team":"web"}`, b.propertiesOf(developer).GetPropertiesJson())
	}
}

// What is undone is undone in every answer: each has what was set of her, and what was set of both together stays with whom it was set for.
func TestAMergeThatIsUndoneGivesThePropertiesBack(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.capture(event(1, by(email, "ada@example.org")), event(2, by(email, "bo@example.org")), event(3, by(email, "cy@example.org")))
	list := b.list(&eventsv1.ListEventsRequest{})
	ada, bo, cy := list[2].GetDeveloperId(), list[1].GetDeveloperId(), list[0].GetDeveloperId()
	b.set(ada, 0, `{"both":"a","team":"core"}`)
	b.set(bo, 0, `{"both":"b"}`)
	shows := func(key, value string, want int) {
		t.Helper()
		require.Eventually(t, func() bool { return b.passing(theirs(key, value)) == want }, soon, time.Millisecond)
	}
	b.identity.Merge(acme, bo, ada)
	shows("team", "core", 2)
	b.set(bo, 1, `{"late":1}`)
	b.identity.Merge(acme, cy, bo)
	shows("team", "core", 3)
	b.identity.Undo(acme, ada)
	shows("team", "core", 1)
	shows("both", "b", 2)
	shows("late", "1", 2)
	require.JSONEq(t, `{"both":"a","team":"core"}`, b.propertiesOf(ada).GetPropertiesJson())
	b.identity.Undo(acme, bo)
	shows("both", "b", 1)
	require.JSONEq(t, `{"both":"b","late":1}`, b.propertiesOf(bo).GetPropertiesJson())
	require.JSONEq(t, `{}`, b.propertiesOf(cy).GetPropertiesJson())
	b.identity.Merge(acme, ada, bo) // the other way round
	shows("both", "a", 2)
	require.JSONEq(t, `{"both":"a","late":1,"team":"core"}`, b.propertiesOf(bo).GetPropertiesJson())
}

// Membership by what developers do not have finds those who have events or properties, and no others.
func TestWhoWasMergedIsNoMember(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.capture(event(1, by(email, "ada@example.org")), event(2, by(email, "bo@example.org")))
	list := b.list(&eventsv1.ListEventsRequest{})
	ada, bo := list[1].GetDeveloperId(), list[0].GetDeveloperId()
	b.set(ada, 0, `{"team":"core"}`)
	other := theirs("team", "web")
	other.Operator = eventsv1.PropertyOperator_PROPERTY_OPERATOR_IS_NOT
	definition := &eventsv1.CohortDefinition{Kind: &eventsv1.CohortDefinition_Dynamic{Dynamic: &eventsv1.DynamicCohort{
		AnyOf: []*eventsv1.CohortGroup{{Properties: []*eventsv1.PropertyFilter{other}}},
	}}}
	cohort := b.cohort("not web", definition).GetId()
	b.identity.Merge(acme, bo, ada)
	require.Eventually(t, func() bool { return b.passing(theirs("team", "core")) == 2 }, soon, time.Millisecond)
	members, size := b.recomputed(cohort)
	require.Equal(t, []string{bo}, members)
	require.EqualValues(t, 1, size)
}

// A merge is made up for that nobody heard of: one of before, or of somebody without an identity.
func TestAMergeThatNobodyHeardOfIsMadeUpFor(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.capture(event(1, by(email, "ada@example.org")), event(2))
	ada := b.list(&eventsv1.ListEventsRequest{})[1].GetDeveloperId()
	unseen := "5d0c3a5e-0000-4000-8000-00000000000a"
	b.set(unseen, 0, `{"team":"core"}`)
	b.identity.Merge(acme, ada, unseen)
	require.Zero(t, b.passing(theirs("team", "core")))
	for range 2 { // twice as well as once
		require.NoError(t, b.desk.Joiner.JoinAll(t.Context()))
		require.Equal(t, 1, b.passing(theirs("team", "core")))
		require.EqualValues(t, 1, b.propertiesOf(ada).GetRevision())
	}
}

func TestAPageOfMembersOfBeforeAMergeHasNoNextOne(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.capture(event(1, by(email, "ada@example.org")), event(2, by(email, "bo@example.org")), event(3, by(email, "cy@example.org")))
	var ids []string
	for _, e := range b.list(&eventsv1.ListEventsRequest{}) {
		ids = append(ids, e.GetDeveloperId())
	}
	slices.Sort(ids)
	cohort := b.cohort("all", &eventsv1.CohortDefinition{Kind: &eventsv1.CohortDefinition_Static{Static: &eventsv1.StaticCohort{DeveloperIds: ids}}}).GetId()
	members, size := b.recomputed(cohort)
	require.Equal(t, ids, members)
	require.EqualValues(t, 3, size)
	req := &eventsv1.ListCohortMembersRequest{CohortId: cohort, PageSize: 1}
	first, err := b.catalog.ListCohortMembers(b.as("analyst"), req)
	require.NoError(t, err)
	b.identity.Merge(acme, ids[0], ids[1])
	req.PageToken = first.GetNextPageToken()
	for range 2 { // the list of before is gone for good
		_, err = b.catalog.ListCohortMembers(b.as("analyst"), req)
		requireField(t, err, fault.Conflict, "page_token")
	}
	anew, err := b.catalog.ListCohortMembers(b.as("analyst"), &eventsv1.ListCohortMembersRequest{CohortId: cohort})
	require.NoError(t, err)
	require.Equal(t, []string{ids[0], ids[2]}, anew.GetDeveloperIds())
	require.EqualValues(t, 2, anew.GetComputation().GetSize())
	got, err := b.catalog.GetCohort(b.as("analyst"), &eventsv1.GetCohortRequest{CohortId: cohort})
	require.NoError(t, err)
	require.EqualValues(t, 2, got.GetCohort().GetComputation().GetSize())
}
