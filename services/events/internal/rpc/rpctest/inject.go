package rpctest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/timestamppb"

	"devtrail.dev/kit/fault"
	"devtrail.dev/kit/serve/servetest"
	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
	"devtrail.dev/services/events"
	"devtrail.dev/services/events/storetest"
)

// injections are texts that would do harm in a statement that is put together from text. The first ends every kind of quotes and names every kind of
// placeholder, so that one question tries them all: questions are slow to plan.
var injections = []string{
	`'; DROP TABLE events; -- \' OR "1"="1" OR ` + "`x` */ {organization:UUID} $1 ? %s :name @p1 \\", "a\x00b",
}

// Inject puts each injection into each text of each request for an insight, one at a time: none may have another effect than a refusal of the text,
// and afterwards every answer is what it was.
func Inject(t *testing.T, open storetest.OpenInsightFunc) {
	store := open(t)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	org, now := storetest.ID("injected"), time.Date(2026, 5, 8, 0, 0, 0, 0, time.UTC)
	var batch []events.Event
	for i := range 6 {
		e, err := events.Event{
			ID: storetest.ID(fmt.Sprint("event", i)), Name: []string{"a", "b"}[i%2], OccurredAt: now.Add(-time.Duration(i) * time.Hour), Properties: `{"p":"v","n":1}`,
			DeveloperID: storetest.ID("ada"), Source: events.Source{Kind: events.SourceSDK, Machine: "m"}, Project: "github.com/own/x",
			Actor: events.Identity{Kind: 1, Value: "ada@example.org"},
		}.Canonical(now)
		require.NoError(t, err)
		batch = append(batch, e)
	}
	_, err := store.Append(t.Context(), org, batch)
	require.NoError(t, err)
	c := New(t, store, org, now).(*Client)
	var requests []proto.Message
	for _, req := range questions(now) {
		requests = append(requests, apart(req)...)
	}
	var before []string
	for _, req := range requests {
		answer, err := c.send(t.Context(), req)
		require.NoError(t, err, "%T", req)
		before = append(before, fmt.Sprint(answer))
	}
	for i, req := range requests {
		eachText(req.ProtoReflect(), "", func(path string, set func(string)) {
			for _, text := range injections {
				set(text)
				if _, err := c.send(t.Context(), req); err != nil {
					require.ErrorIs(t, err, fault.Invalid, "%T: %s is %q", req, path, text)
				}
			}
		})
		answer, err := c.send(t.Context(), req)
		require.NoError(t, err)
		require.Equal(t, before[i], fmt.Sprint(answer), "%T", req)
	}
}

// options are the fields that a question can do without.
var options = []protoreflect.Name{
	"breakdown", "cleaning", "end_item", "exclude_items", "exclusions", "filter", "formula", "groupings", "properties", "start_item",
}

// apart takes a question apart: it returns one without options, and for each option, and each filter of its own, one that has nothing else.
// Many filters at once keep a planner busy and try no more texts.
func apart(req proto.Message) []proto.Message {
	if _, actors := req.(*eventsv1.ListActorsRequest); actors {
		plain(req.ProtoReflect()) // its texts besides those of the question are tried
		return []proto.Message{req}
	}
	fields := req.ProtoReflect().Descriptor().Fields()
	whole := proto.Clone(req)
	for _, name := range options {
		if f := fields.ByName(name); f != nil {
			whole.ProtoReflect().Clear(f)
		}
	}
	bare := proto.Clone(whole)
	plain(bare.ProtoReflect())
	list := []proto.Message{whole}
	for _, name := range options {
		f := fields.ByName(name)
		if f == nil || !req.ProtoReflect().Has(f) {
			continue
		}
		given := req.ProtoReflect().Get(f)
		if !f.IsList() {
			one := proto.Clone(bare)
			one.ProtoReflect().Set(f, given)
			list = append(list, one)
			continue
		}
		for i := range given.List().Len() {
			one := proto.Clone(bare)
			one.ProtoReflect().Mutable(f).List().Append(given.List().Get(i))
			list = append(list, one)
		}
	}
	return list
}

// plain removes the property filters of a message and of all within.
func plain(m protoreflect.Message) {
	m.Range(func(f protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		switch {
		case f.Message() == nil:
		case f.Message().FullName() == (&eventsv1.PropertyFilter{}).ProtoReflect().Descriptor().FullName():
			m.Clear(f)
		case f.IsList():
			for i := range v.List().Len() {
				plain(v.List().Get(i).Message())
			}
		default:
			plain(v.Message())
		}
		return true
	})
}

// eachText visits every text of a message with a function that sets it, and puts the text back afterwards.
func eachText(m protoreflect.Message, path string, visit func(path string, set func(string))) {
	m.Range(func(f protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		at := path + "." + string(f.Name())
		switch {
		case f.IsList():
			list := v.List()
			for i := range list.Len() {
				item := list.Get(i)
				switch f.Kind() {
				case protoreflect.StringKind:
					visit(fmt.Sprintf("%s[%d]", at, i), func(text string) { list.Set(i, protoreflect.ValueOfString(text)) })
					list.Set(i, item)
				case protoreflect.MessageKind:
					eachText(item.Message(), fmt.Sprintf("%s[%d]", at, i), visit)
				}
			}
		case f.Kind() == protoreflect.StringKind:
			visit(at, func(text string) { m.Set(f, protoreflect.ValueOfString(text)) })
			m.Set(f, v)
		case f.Kind() == protoreflect.MessageKind:
			eachText(v.Message(), at, visit)
		}
		return true
	})
}

// send asks what the type of the request says.
func (c *Client) send(ctx context.Context, req proto.Message) (proto.Message, error) {
	ctx = servetest.As(ctx, token)
	switch r := req.(type) {
	case *eventsv1.QueryTrendsRequest:
		return c.insight.QueryTrends(ctx, r)
	case *eventsv1.QueryFunnelRequest:
		return c.insight.QueryFunnel(ctx, r)
	case *eventsv1.QueryRetentionRequest:
		return c.insight.QueryRetention(ctx, r)
	case *eventsv1.QueryStickinessRequest:
		return c.insight.QueryStickiness(ctx, r)
	case *eventsv1.QueryLifecycleRequest:
		return c.insight.QueryLifecycle(ctx, r)
	case *eventsv1.QueryPathsRequest:
		return c.insight.QueryPaths(ctx, r)
	case *eventsv1.ListActorsRequest:
		return c.insight.ListActors(ctx, r)
	}
	return nil, fmt.Errorf("%T is no request for an insight", req)
}

// questions are requests that have every text that a request can have.
func questions(now time.Time) []proto.Message {
	filters := func() []*eventsv1.PropertyFilter {
		return []*eventsv1.PropertyFilter{
			{Key: "p", Values: []string{"v", "w"}},
			{Key: "p", Operator: eventsv1.PropertyOperator_PROPERTY_OPERATOR_NOT_CONTAINS, Values: []string{"x"}},
			{Key: "p", Operator: eventsv1.PropertyOperator_PROPERTY_OPERATOR_REGEX, Values: []string{"^v"}},
			{Key: "n", Operator: eventsv1.PropertyOperator_PROPERTY_OPERATOR_BETWEEN, Values: []string{"0", "2"}},
			{Key: "at", Operator: eventsv1.PropertyOperator_PROPERTY_OPERATOR_DATE_BEFORE, Values: []string{"-7d"}},
			{Scope: eventsv1.PropertyScope_PROPERTY_SCOPE_DEVELOPER, Key: "q", Operator: eventsv1.PropertyOperator_PROPERTY_OPERATOR_IS_NOT_SET},
			{Scope: eventsv1.PropertyScope_PROPERTY_SCOPE_COHORT, Operator: eventsv1.PropertyOperator_PROPERTY_OPERATOR_NOT_IN, Cohort: &eventsv1.CohortDefinition{
				Kind: &eventsv1.CohortDefinition_Dynamic{Dynamic: &eventsv1.DynamicCohort{AnyOf: []*eventsv1.CohortGroup{{
					Properties: []*eventsv1.PropertyFilter{{Scope: eventsv1.PropertyScope_PROPERTY_SCOPE_DEVELOPER, Key: "team", Values: []string{"x"}}},
					Performed:  []*eventsv1.PerformedCondition{{Event: eventsOf("a")}},
				}}}},
			}},
		}
	}
	span := func() *eventsv1.DateRange {
		return &eventsv1.DateRange{From: &eventsv1.DateRange_StartText{StartText: "-7d"}, To: &eventsv1.DateRange_EndText{EndText: "2026-05-08"}}
	}
	filter := func() *eventsv1.EventFilter {
		return &eventsv1.EventFilter{
			Names: []string{"a", "b"}, Projects: []string{"github.com/own/x"}, Machines: []string{"m"}, DeveloperIds: []string{storetest.ID("ada").String()},
		}
	}
	either := func() *eventsv1.EventMatcher {
		return &eventsv1.EventMatcher{Properties: filters()[:1], Match: &eventsv1.EventMatcher_Action{Action: &eventsv1.InlineAction{Steps: []*eventsv1.ActionStep{
			{EventName: "a", Properties: filters()[:1]}, {EventName: "b"},
		}}}}
	}
	broken := func() *eventsv1.Breakdown {
		return &eventsv1.Breakdown{Kind: eventsv1.BreakdownKind_BREAKDOWN_KIND_EVENT, Properties: []string{"p", "n"}}
	}
	value := func() *eventsv1.BreakdownKey {
		return &eventsv1.BreakdownKey{Key: &eventsv1.BreakdownKey_Value{Value: &eventsv1.BreakdownValue{Parts: []*eventsv1.BreakdownPart{{Text: new("v")}, {Text: new("1")}}}}}
	}
	trends := func() *eventsv1.QueryTrendsRequest {
		return &eventsv1.QueryTrendsRequest{
			Range: span(), TimeZone: "UTC", Filter: filter(), Properties: filters(), Breakdown: broken(),
			Series: []*eventsv1.TrendSeries{
				{Match: &eventsv1.TrendSeries_EventName{EventName: "a"}, Math: eventsv1.Math_MATH_P90, MathProperty: "n", Properties: filters()[:1]},
				{Match: &eventsv1.TrendSeries_Action{Action: either().GetAction()}, Math: eventsv1.Math_MATH_WEEKLY_ACTIVE},
			},
		}
	}
	bare := func(req *eventsv1.QueryTrendsRequest) *eventsv1.QueryTrendsRequest {
		req.Properties = nil // they are tried in the question itself
		return req
	}
	formula := bare(trends())
	formula.Formula, formula.Compare = "A / (B + 1)", true
	funnel := func() *eventsv1.QueryFunnelRequest {
		return &eventsv1.QueryFunnelRequest{
			Range: span(), TimeZone: "UTC", Filter: filter(), Properties: filters(), Steps: []*eventsv1.EventMatcher{eventsOf("b"), either()}, Breakdown: broken(),
			Exclusions: []*eventsv1.FunnelExclusion{{Match: &eventsv1.FunnelExclusion_EventName{EventName: "c"}, Properties: filters()[:1], ToStep: 1}},
		}
	}
	counted := &eventsv1.QueryFunnelRequest{Range: span(), Steps: []*eventsv1.EventMatcher{eventsOf("b"), either()}, CountsOnly: true}
	paths := &eventsv1.QueryPathsRequest{
		Range: span(), TimeZone: "UTC", Sources: []*eventsv1.PathSource{{EventName: "a", Property: "p"}, {EventName: "b"}}, Filter: filter(), Properties: filters(),
		StartItem: "v", EndItem: "b", Cleaning: []*eventsv1.PathCleaning{{Pattern: "x+", Alias: "y"}}, Groupings: []string{"g*"}, ExcludeItems: []string{"e"},
	}
	return []proto.Message{
		trends(), formula, funnel(), counted,
		&eventsv1.QueryRetentionRequest{Target: either(), Returning: eventsOf("b"), TimeZone: "UTC", Filter: filter(), Properties: filters(), AsOf: timestamppb.New(now)},
		&eventsv1.QueryStickinessRequest{Range: span(), TimeZone: "UTC", Series: []*eventsv1.EventMatcher{either()}, Filter: filter(), Properties: filters()},
		&eventsv1.QueryLifecycleRequest{Range: span(), TimeZone: "UTC", Series: either(), Filter: filter(), Properties: filters()},
		paths,
		&eventsv1.ListActorsRequest{Number: &eventsv1.ListActorsRequest_Trends{Trends: &eventsv1.TrendNumber{Request: bare(trends()), Cell: &eventsv1.TrendCell{Breakdown: value()}}}},
		&eventsv1.ListActorsRequest{Number: &eventsv1.ListActorsRequest_Funnel{Funnel: &eventsv1.FunnelNumber{Request: funnel(), Cell: &eventsv1.FunnelCell{Breakdown: value()}}}},
		&eventsv1.ListActorsRequest{Number: &eventsv1.ListActorsRequest_Paths{Paths: &eventsv1.PathNumber{
			Request: &eventsv1.QueryPathsRequest{Range: span(), Sources: []*eventsv1.PathSource{{}}}, Cell: &eventsv1.PathCell{SourceStep: 1, Source: "a", Target: "b"},
		}}},
	}
}

func eventsOf(name string) *eventsv1.EventMatcher {
	return &eventsv1.EventMatcher{Match: &eventsv1.EventMatcher_EventName{EventName: name}}
}
