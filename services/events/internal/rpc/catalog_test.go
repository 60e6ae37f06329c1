package rpc_test

import (
	"fmt"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	"devtrail.dev/kit/fault"
	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
	"devtrail.dev/services/events"
	"devtrail.dev/services/events/catalog"
)

func mask(paths ...string) *fieldmaskpb.FieldMask { return &fieldmaskpb.FieldMask{Paths: paths} }

// inCohort is a dynamic cohort of the members of a saved one, or of those who did what a saved action means.
func inCohort(cohort, action string) *eventsv1.CohortDefinition {
	group := &eventsv1.CohortGroup{}
	if cohort != "" {
		group.Properties = []*eventsv1.PropertyFilter{{Scope: eventsv1.PropertyScope_PROPERTY_SCOPE_COHORT, CohortId: cohort}}
	}
	if action != "" {
		group.Performed = []*eventsv1.PerformedCondition{{Event: &eventsv1.EventMatcher{Match: &eventsv1.EventMatcher_ActionId{ActionId: action}}}}
	}
	return &eventsv1.CohortDefinition{Kind: &eventsv1.CohortDefinition_Dynamic{Dynamic: &eventsv1.DynamicCohort{AnyOf: []*eventsv1.CohortGroup{group}}}}
}

func (b *bundle) cohort(name string, d *eventsv1.CohortDefinition) *eventsv1.Cohort {
	b.t.Helper()
	res, err := b.catalog.CreateCohort(b.as("admin"), &eventsv1.CreateCohortRequest{Cohort: &eventsv1.Cohort{Name: name, Definition: d}})
	require.NoError(b.t, err)
	return res.GetCohort()
}

func (b *bundle) action(name string, steps ...*eventsv1.ActionStep) *eventsv1.Action {
	b.t.Helper()
	res, err := b.catalog.CreateAction(b.as("admin"), &eventsv1.CreateActionRequest{Action: &eventsv1.Action{
		Name: name, Definition: &eventsv1.InlineAction{Steps: steps},
	}})
	require.NoError(b.t, err)
	return res.GetAction()
}

func requireField(t *testing.T, err error, kind fault.Kind, field string) {
	t.Helper()
	require.ErrorIs(t, err, kind)
	var f *fault.Fault
	require.ErrorAs(t, err, &f)
	require.Equal(t, field, f.FieldPath(), f.Message())
}

func TestItemsAreChangedByRevision(t *testing.T) {
	t.Parallel()
	b := setup(t)
	request := uuid.NewString()
	draft := &eventsv1.Action{Name: "docs", Description: "d", Definition: &eventsv1.InlineAction{Steps: []*eventsv1.ActionStep{{EventName: "page.viewed"}}}}
	made, err := b.catalog.CreateAction(b.as("admin"), &eventsv1.CreateActionRequest{Action: draft, RequestId: request})
	require.NoError(t, err)
	again, err := b.catalog.CreateAction(b.as("admin"), &eventsv1.CreateActionRequest{Action: draft, RequestId: request})
	require.NoError(t, err)
	require.Equal(t, made.GetAction().GetId(), again.GetAction().GetId(), "a repeated request makes nothing")
	_, err = b.catalog.CreateAction(b.as("admin"), &eventsv1.CreateActionRequest{Action: draft})
	requireField(t, err, fault.Exists, "action.name")
	_, err = b.catalog.CreateAction(b.as("analyst"), &eventsv1.CreateActionRequest{Action: draft})
	require.ErrorIs(t, err, fault.Denied)

	change := &eventsv1.Action{Id: made.GetAction().GetId(), Name: "other", Revision: 1}
	updated, err := b.catalog.UpdateAction(b.as("admin"), &eventsv1.UpdateActionRequest{Action: change, UpdateMask: mask("name")})
	require.NoError(t, err)
	require.Equal(t, "other", updated.GetAction().GetName())
	require.Equal(t, "d", updated.GetAction().GetDescription())
	require.Len(t, updated.GetAction().GetDefinition().GetSteps(), 1)
	require.EqualValues(t, 2, updated.GetAction().GetRevision())
	_, err = b.catalog.UpdateAction(b.as("admin"), &eventsv1.UpdateActionRequest{Action: change, UpdateMask: mask("name")})
	require.ErrorIs(t, err, fault.Conflict)
	for _, m := range []*fieldmaskpb.FieldMask{mask(), mask("id"), mask("name", "x")} {
		_, err = b.catalog.UpdateAction(b.as("admin"), &eventsv1.UpdateActionRequest{Action: change, UpdateMask: m})
		requireField(t, err, fault.Invalid, "update_mask")
	}
	_, err = b.catalog.GetAction(b.as("stranger"), &eventsv1.GetActionRequest{ActionId: change.GetId()})
	require.ErrorIs(t, err, fault.NotFound)
	_, err = b.catalog.DeleteAction(b.as("admin"), &eventsv1.DeleteActionRequest{ActionId: change.GetId(), Revision: 1})
	require.ErrorIs(t, err, fault.Conflict)
	_, err = b.catalog.DeleteAction(b.as("admin"), &eventsv1.DeleteActionRequest{ActionId: change.GetId()})
	require.NoError(t, err)
	_, err = b.catalog.GetAction(b.as("admin"), &eventsv1.GetActionRequest{ActionId: change.GetId()})
	require.ErrorIs(t, err, fault.NotFound)
}

func TestNothingUsesItselfAndNothingUsedIsDeleted(t *testing.T) {
	t.Parallel()
	b := setup(t)
	first := b.cohort("first", inCohort("", ""+b.action("act").GetId()))
	second := b.cohort("second", inCohort(first.GetId(), ""))
	third := b.action("third", &eventsv1.ActionStep{Properties: []*eventsv1.PropertyFilter{
		{Scope: eventsv1.PropertyScope_PROPERTY_SCOPE_COHORT, CohortId: second.GetId()},
	}})
	for _, d := range []*eventsv1.CohortDefinition{inCohort(first.GetId(), ""), inCohort(second.GetId(), ""), inCohort("", third.GetId())} {
		_, err := b.catalog.UpdateCohort(b.as("admin"), &eventsv1.UpdateCohortRequest{
			Cohort: &eventsv1.Cohort{Id: first.GetId(), Definition: d}, UpdateMask: mask("definition"),
		})
		requireField(t, err, fault.Invalid, "cohort.definition")
		require.ErrorIs(t, err, catalog.ErrCycle)
	}
	_, err := b.catalog.DeleteCohort(b.as("admin"), &eventsv1.DeleteCohortRequest{CohortId: first.GetId()})
	require.ErrorIs(t, err, fault.State)
	_, err = b.catalog.CreateCohort(b.as("admin"), &eventsv1.CreateCohortRequest{Cohort: &eventsv1.Cohort{Name: "x", Definition: inCohort(id(9), "")}})
	requireField(t, err, fault.NotFound, "cohort.definition.dynamic.any_of[0].properties[0].cohort_id")
	_, err = b.catalog.CreateCohort(b.as("admin"), &eventsv1.CreateCohortRequest{Cohort: &eventsv1.Cohort{Name: "x"}})
	requireField(t, err, fault.Invalid, "cohort.definition")
}

func TestSavedCohortsAndActionsAreUsedByTheirIDs(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.capture(
		event(1, by(email, "ada@example.org")), event(2, by(email, "ada@example.org"), func(e *eventsv1.Event) { e.Name = "b" }),
		event(3, by(email, "bo@example.org")), event(4, func(e *eventsv1.Event) { e.Name = "c" }),
	)
	added := b.action("added", &eventsv1.ActionStep{EventName: "b"}, &eventsv1.ActionStep{EventName: "c"})
	members := b.cohort("did b", inCohort("", added.GetId()))
	trend := &eventsv1.QueryTrendsRequest{
		Range:      during(noon.AddDate(0, 0, -1), noon.AddDate(0, 0, 1)),
		Series:     []*eventsv1.TrendSeries{{Match: everything()}, {Match: &eventsv1.TrendSeries_ActionId{ActionId: added.GetId()}}},
		Properties: []*eventsv1.PropertyFilter{{Scope: eventsv1.PropertyScope_PROPERTY_SCOPE_COHORT, CohortId: members.GetId()}}, TotalValue: true,
	}
	res, err := b.insight.QueryTrends(b.as("analyst"), trend)
	require.NoError(t, err)
	require.Equal(t, []float64{2, 1}, []float64{res.GetRows()[0].GetTotal(), res.GetRows()[1].GetTotal()})

	saved, err := b.catalog.CreateSavedInsight(b.as("admin"), &eventsv1.CreateSavedInsightRequest{SavedInsight: &eventsv1.SavedInsight{
		Name: "of members", Request: &eventsv1.InsightRequest{Kind: &eventsv1.InsightRequest_Trends{Trends: trend}},
	}})
	require.NoError(t, err)
	ran, err := b.catalog.RunSavedInsight(b.as("analyst"), &eventsv1.RunSavedInsightRequest{SavedInsightId: saved.GetSavedInsight().GetId()})
	require.NoError(t, err)
	require.Equal(t, res.String(), ran.GetTrends().String())
	_, err = b.catalog.DeleteAction(b.as("admin"), &eventsv1.DeleteActionRequest{ActionId: added.GetId()})
	require.ErrorIs(t, err, fault.State)
	_, err = b.catalog.RunSavedInsight(b.as("stranger"), &eventsv1.RunSavedInsightRequest{SavedInsightId: saved.GetSavedInsight().GetId()})
	require.ErrorIs(t, err, fault.NotFound)
	trend.Properties[0].CohortId = id(9)
	_, err = b.insight.QueryTrends(b.as("analyst"), trend)
	requireField(t, err, fault.NotFound, "properties[0].cohort_id")
}

func TestASavedInsightNeedsARequest(t *testing.T) {
	t.Parallel()
	b := setup(t)
	_, err := b.catalog.CreateSavedInsight(b.as("admin"), &eventsv1.CreateSavedInsightRequest{SavedInsight: &eventsv1.SavedInsight{Name: "of nothing"}})
	require.ErrorIs(t, err, events.ErrFieldMissing)
	requireField(t, err, fault.Invalid, "saved_insight.request")
}

func TestMembersAreOfOneComputation(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for n := range 5 {
		b.capture(event(byte(n+1), by(email, fmt.Sprintf("%d@example.org", n))))
	}
	c := b.cohort("all", inCohort("", b.action("any", &eventsv1.ActionStep{}).GetId()))
	require.Nil(t, c.GetComputation())
	list := &eventsv1.ListCohortMembersRequest{CohortId: c.GetId(), PageSize: 2}
	empty, err := b.catalog.ListCohortMembers(b.as("analyst"), list)
	require.NoError(t, err)
	require.Empty(t, empty.GetDeveloperIds())
	computed, err := b.catalog.RecomputeCohort(b.as("analyst"), &eventsv1.RecomputeCohortRequest{CohortId: c.GetId()})
	require.NoError(t, err)
	require.EqualValues(t, 5, computed.GetCohort().GetComputation().GetSize())
	require.Equal(t, noon, computed.GetCohort().GetComputation().GetComputedAt().AsTime())
	b.capture(event(9, by(email, "late@example.org")))
	var all []string
	for {
		page, err := b.catalog.ListCohortMembers(b.as("analyst"), list)
		require.NoError(t, err)
		all = append(all, page.GetDeveloperIds()...)
		if list.PageToken = page.GetNextPageToken(); list.GetPageToken() == "" {
			break
		}
	}
	require.Len(t, all, 5, "who came later is not in what was computed before")
	require.IsIncreasing(t, all)
	computed, err = b.catalog.RecomputeCohort(b.as("analyst"), &eventsv1.RecomputeCohortRequest{CohortId: c.GetId()})
	require.NoError(t, err)
	require.EqualValues(t, 6, computed.GetCohort().GetComputation().GetSize())
}

func TestDefinitionsAreLearnedAndDescribed(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.capture(
		event(1, func(e *eventsv1.Event) { e.PropertiesJson = `{"tool":"npm","n":1}` }),
		event(2, func(e *eventsv1.Event) { e.PropertiesJson = `{"tool":2}` }),
		event(3, func(e *eventsv1.Event) { e.Name = "Other" }),
	)
	require.NoError(t, b.learner.Learn(t.Context(), uuid.MustParse(acme)))
	listed, err := b.catalog.ListEventDefinitions(b.as("analyst"), &eventsv1.ListEventDefinitionsRequest{PageSize: 1})
	require.NoError(t, err)
	require.Len(t, listed.GetEventDefinitions(), 1)
	require.Equal(t, "Other", listed.GetEventDefinitions()[0].GetName())
	require.EqualValues(t, 1, listed.GetEventDefinitions()[0].GetEventCount())
	next, err := b.catalog.ListEventDefinitions(b.as("analyst"), &eventsv1.ListEventDefinitionsRequest{PageSize: 1, PageToken: listed.GetNextPageToken()})
	require.NoError(t, err)
	require.Equal(t, "package.added", next.GetEventDefinitions()[0].GetName())
	require.Empty(t, next.GetNextPageToken())
	_, err = b.catalog.ListEventDefinitions(b.as("analyst"), &eventsv1.ListEventDefinitionsRequest{NameContains: "o", PageToken: listed.GetNextPageToken()})
	requireField(t, err, fault.Invalid, "page_token")

	properties, err := b.catalog.ListPropertyDefinitions(b.as("analyst"), &eventsv1.ListPropertyDefinitionsRequest{EventName: "package.added"})
	require.NoError(t, err)
	require.Len(t, properties.GetPropertyDefinitions(), 2)
	tool := properties.GetPropertyDefinitions()[1]
	require.EqualValues(t, 2, tool.GetEventCount())
	require.ElementsMatch(t, []string{"npm", "2"}, tool.GetExamples())
	require.Equal(t, eventsv1.ValueType_VALUE_TYPE_TEXT, tool.GetTypes()[0].GetType())
	require.Equal(t, []string{"package.added"}, tool.GetEventNames())

	said, err := b.catalog.UpdateEventDefinition(b.as("admin"), &eventsv1.UpdateEventDefinitionRequest{
		EventDefinition: &eventsv1.EventDefinition{Name: "Other", Hidden: true, Description: "old"}, UpdateMask: mask("hidden", "description"),
	})
	require.NoError(t, err)
	require.EqualValues(t, 1, said.GetEventDefinition().GetRevision())
	require.EqualValues(t, 1, said.GetEventDefinition().GetEventCount())
	_, err = b.catalog.UpdateEventDefinition(b.as("admin"), &eventsv1.UpdateEventDefinitionRequest{
		EventDefinition: &eventsv1.EventDefinition{Name: "Other", Revision: 7}, UpdateMask: mask("verified"),
	})
	require.ErrorIs(t, err, fault.Conflict)
	shown, err := b.catalog.ListEventDefinitions(b.as("analyst"), &eventsv1.ListEventDefinitionsRequest{})
	require.NoError(t, err)
	require.Len(t, shown.GetEventDefinitions(), 1)
	shown, err = b.catalog.ListEventDefinitions(b.as("stranger"), &eventsv1.ListEventDefinitionsRequest{ShowHidden: true})
	require.NoError(t, err)
	require.Empty(t, shown.GetEventDefinitions())
}
