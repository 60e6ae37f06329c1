package rpctest

import (
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	"devtrail.dev/kit/serve/servetest"
	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
	"devtrail.dev/services/events/storetest"
)

// catalogFixture is something of each kind that requests name.
type catalogFixture struct{ action, cohort, saved string }

func (c *Client) fixture(t *testing.T) catalogFixture {
	t.Helper()
	ctx := servetest.As(t.Context(), writing)
	a, err := c.catalog.CreateAction(ctx, &eventsv1.CreateActionRequest{Action: &eventsv1.Action{Name: "fixture", Definition: someAction()}})
	require.NoError(t, err)
	h, err := c.catalog.CreateCohort(ctx, &eventsv1.CreateCohortRequest{Cohort: &eventsv1.Cohort{Name: "fixture", Definition: someCohort()}})
	require.NoError(t, err)
	s, err := c.catalog.CreateSavedInsight(ctx, &eventsv1.CreateSavedInsightRequest{SavedInsight: &eventsv1.SavedInsight{Name: "fixture", Request: someInsight()}})
	require.NoError(t, err)
	return catalogFixture{action: a.GetAction().GetId(), cohort: h.GetCohort().GetId(), saved: s.GetSavedInsight().GetId()}
}

func someFilters() []*eventsv1.PropertyFilter {
	return []*eventsv1.PropertyFilter{{Key: "p", Values: []string{"v"}}}
}

func someAction() *eventsv1.InlineAction {
	return &eventsv1.InlineAction{Steps: []*eventsv1.ActionStep{{EventName: "a", Properties: someFilters()}}}
}

func someCohort() *eventsv1.CohortDefinition {
	return &eventsv1.CohortDefinition{Kind: &eventsv1.CohortDefinition_Dynamic{Dynamic: &eventsv1.DynamicCohort{AnyOf: []*eventsv1.CohortGroup{{
		Properties: []*eventsv1.PropertyFilter{{Scope: eventsv1.PropertyScope_PROPERTY_SCOPE_DEVELOPER, Key: "team", Values: []string{"x"}}},
		Performed:  []*eventsv1.PerformedCondition{{Event: &eventsv1.EventMatcher{Match: &eventsv1.EventMatcher_EventName{EventName: "a"}}}},
	}}}}}
}

func someInsight() *eventsv1.InsightRequest {
	return &eventsv1.InsightRequest{Kind: &eventsv1.InsightRequest_Trends{Trends: &eventsv1.QueryTrendsRequest{
		Series: []*eventsv1.TrendSeries{{Match: &eventsv1.TrendSeries_EventName{EventName: "a"}}}, Properties: someFilters(), TimeZone: "UTC", Formula: "A",
	}}}
}

// catalogRequests are requests that have every text that a request of the two services can have; those that name something new get the name.
func catalogRequests(f catalogFixture) []func(name string) proto.Message {
	mask := func(paths ...string) *fieldmaskpb.FieldMask { return &fieldmaskpb.FieldMask{Paths: paths} }
	fixed := func(m proto.Message) func(string) proto.Message {
		return func(string) proto.Message { return proto.Clone(m) }
	}
	developer := storetest.ID("ada").String()
	return []func(string) proto.Message{
		func(name string) proto.Message {
			return &eventsv1.CreateActionRequest{Action: &eventsv1.Action{Name: name, Description: "d", Definition: someAction()}}
		},
		func(name string) proto.Message {
			return &eventsv1.CreateCohortRequest{Cohort: &eventsv1.Cohort{Name: name, Description: "d", Definition: someCohort()}}
		},
		func(name string) proto.Message {
			return &eventsv1.CreateSavedInsightRequest{SavedInsight: &eventsv1.SavedInsight{Name: name, Description: "d", Request: someInsight()}}
		},
		func(name string) proto.Message {
			return &eventsv1.UpdateActionRequest{Action: &eventsv1.Action{Id: f.action, Name: name, Description: "d", Definition: someAction()}, UpdateMask: mask("name", "description", "definition")}
		},
		func(name string) proto.Message {
			return &eventsv1.UpdateCohortRequest{Cohort: &eventsv1.Cohort{Id: f.cohort, Name: name, Description: "d", Definition: someCohort()}, UpdateMask: mask("name", "description", "definition")}
		},
		func(name string) proto.Message {
			return &eventsv1.UpdateSavedInsightRequest{SavedInsight: &eventsv1.SavedInsight{Id: f.saved, Name: name, Description: "d", Request: someInsight()}, UpdateMask: mask("name", "description", "request")}
		},
		fixed(&eventsv1.GetActionRequest{ActionId: f.action}), fixed(&eventsv1.GetCohortRequest{CohortId: f.cohort}), fixed(&eventsv1.GetSavedInsightRequest{SavedInsightId: f.saved}),
		fixed(&eventsv1.ListActionsRequest{PageToken: "x"}), fixed(&eventsv1.ListCohortsRequest{PageToken: "x"}), fixed(&eventsv1.ListSavedInsightsRequest{PageToken: "x"}),
		fixed(&eventsv1.DeleteActionRequest{ActionId: f.action}), fixed(&eventsv1.DeleteCohortRequest{CohortId: f.cohort}), fixed(&eventsv1.DeleteSavedInsightRequest{SavedInsightId: f.saved}),
		fixed(&eventsv1.RecomputeCohortRequest{CohortId: f.cohort}), fixed(&eventsv1.RunSavedInsightRequest{SavedInsightId: f.saved}),
		fixed(&eventsv1.ListCohortMembersRequest{CohortId: f.cohort, PageToken: "x"}),
		fixed(&eventsv1.ListEventDefinitionsRequest{NameContains: "a", PageToken: "x"}),
		fixed(&eventsv1.ListPropertyDefinitionsRequest{EventName: "a", KeyContains: "p", PageToken: "x"}),
		fixed(&eventsv1.UpdateEventDefinitionRequest{EventDefinition: &eventsv1.EventDefinition{Name: "a", Description: "d"}, UpdateMask: mask("description")}),
		fixed(&eventsv1.UpdatePropertyDefinitionRequest{PropertyDefinition: &eventsv1.PropertyDefinition{Key: "p", Description: "d"}, UpdateMask: mask("description")}),
		fixed(&eventsv1.GetDeveloperPropertiesRequest{DeveloperId: developer}),
		fixed(&eventsv1.UpdateDeveloperPropertiesRequest{DeveloperId: developer, SetJson: `{"a":1}`, SetOnceJson: `{"b":1}`}),
		fixed(&eventsv1.PromotePropertyRequest{Key: "p"}), fixed(&eventsv1.DemotePropertyRequest{Key: "p"}),
		fixed(&eventsv1.SetInternalFiltersRequest{InternalFilters: &eventsv1.InternalFilters{Properties: someFilters()}}),

		fixed(&eventsv1.ListEventsRequest{Filter: someFilter(developer), Properties: someFilters(), PageToken: "x"}),
		fixed(&eventsv1.GetExposureRequest{Purl: "pkg:npm/x", Versions: []string{"1"}, EvidenceLimit: 1}),
		fixed(&eventsv1.GetExposureRequest{Purl: "pkg:npm/x", VersionRange: ">=1"}),
	}
}

func someFilter(developer string) *eventsv1.EventFilter {
	return &eventsv1.EventFilter{
		Names: []string{"a"}, DeveloperIds: []string{developer}, Projects: []string{"p"}, Packages: []string{"pkg:npm/x@1"}, Tools: []string{"t"}, Machines: []string{"m"},
	}
}
