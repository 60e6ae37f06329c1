package rpc_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	"devtrail.dev/kit/auth"
	"devtrail.dev/kit/fault"
	"devtrail.dev/kit/leaktest"
	"devtrail.dev/kit/serve"
	"devtrail.dev/kit/serve/servetest"
	accessv1 "devtrail.dev/proto/gen/devtrail/access/v1"
	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
	identityv1 "devtrail.dev/proto/gen/devtrail/identity/v1"
	"devtrail.dev/services/events"
	"devtrail.dev/services/events/catalog/learn"
	"devtrail.dev/services/events/internal/identitytest"
	"devtrail.dev/services/events/internal/ingest"
	"devtrail.dev/services/events/internal/memory"
	"devtrail.dev/services/events/internal/rpc"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

const (
	acme  = "5d0c3a5e-0000-4000-8000-000000000001"
	other = "5d0c3a5e-0000-4000-8000-000000000002"
)

var noon = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)

// soon is how long a merge may take to show. It takes milliseconds, on a machine that is not busy.
const soon = 20 * time.Second

// bundle is the service on a memory store, with its identity service.
type bundle struct {
	t        *testing.T
	identity *identitytest.Service
	ingest   eventsv1.IngestServiceClient
	event    eventsv1.EventServiceClient
	insight  eventsv1.InsightServiceClient
	admin    eventsv1.AdminServiceClient
	store    *memory.Store
	catalog  eventsv1.CatalogServiceClient
	learner  *learn.Learner
	desk     *rpc.Desk
	keys     *servetest.Revocable
}

func setup(t *testing.T, options ...ingest.Option) *bundle {
	t.Helper()
	service, client := identitytest.Start(t)
	store := memory.New(time.Now)
	desk := rpc.New(store, client, slog.New(slog.DiscardHandler), func() time.Time { return noon }, options...)
	ctx, stop := context.WithCancel(t.Context())
	followed := make(chan error, 1)
	go func() { followed <- desk.Follower.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		require.NoError(t, <-followed)
	})
	keys := &servetest.Revocable{Verifier: servetest.Verifier{
		"ingest":   {OrganizationID: acme, Role: accessv1.Role_ROLE_INGEST, CredentialID: "1"},
		"analyst":  {OrganizationID: acme, Role: accessv1.Role_ROLE_ANALYST, CredentialID: "2"},
		"admin":    {OrganizationID: acme, Role: accessv1.Role_ROLE_ADMIN, CredentialID: "4"},
		"operator": {OrganizationID: acme, Role: accessv1.Role_ROLE_OPERATOR, CredentialID: "5"},
		"stranger": auth.Caller{OrganizationID: other, Role: accessv1.Role_ROLE_ADMIN, CredentialID: "3"},
	}}
	conn := servetest.Start(t, "events", serve.Deps{Health: store.Ready, Verifier: keys}, desk.Register)
	return &bundle{
		t, service, eventsv1.NewIngestServiceClient(conn), eventsv1.NewEventServiceClient(conn), eventsv1.NewInsightServiceClient(conn),
		eventsv1.NewAdminServiceClient(conn), store, eventsv1.NewCatalogServiceClient(conn), desk.Learner, desk, keys,
	}
}

func (b *bundle) as(token string) context.Context { return servetest.As(b.t.Context(), token) }

func id(n byte) string { return uuid.UUID{15: n}.String() }

// event is a valid message; change alters it.
func event(n byte, change ...func(*eventsv1.Event)) *eventsv1.Event {
	e := &eventsv1.Event{
		Id: id(n), Name: "package.added", OccurredAt: timestamppb.New(noon),
		Source: &eventsv1.Source{Kind: eventsv1.SourceKind_SOURCE_KIND_GIT, Tool: "git"},
	}
	for _, c := range change {
		c(e)
	}
	return e
}

func by(kind identityv1.IdentityKind, value string) func(*eventsv1.Event) {
	return func(e *eventsv1.Event) { e.Actor = &identityv1.Identity{Kind: kind, Value: value} }
}

const (
	email   = identityv1.IdentityKind_IDENTITY_KIND_GIT_EMAIL
	machine = identityv1.IdentityKind_IDENTITY_KIND_MACHINE
	github  = identityv1.IdentityKind_IDENTITY_KIND_GITHUB_ACCOUNT
)

func during(start, end time.Time) *eventsv1.DateRange {
	return &eventsv1.DateRange{From: &eventsv1.DateRange_Start{Start: timestamppb.New(start)}, To: &eventsv1.DateRange_End{End: timestamppb.New(end)}}
}

// everything matches events of every name.
func everything() *eventsv1.TrendSeries_Action {
	return &eventsv1.TrendSeries_Action{Action: &eventsv1.InlineAction{Steps: []*eventsv1.ActionStep{{}}}}
}

func (b *bundle) capture(list ...*eventsv1.Event) []*eventsv1.CaptureResult {
	b.t.Helper()
	res, err := b.ingest.CaptureEvents(b.as("ingest"), &eventsv1.CaptureEventsRequest{Events: list})
	require.NoError(b.t, err)
	require.Len(b.t, res.GetResults(), len(list))
	return res.GetResults()
}

func (b *bundle) list(req *eventsv1.ListEventsRequest) []*eventsv1.Event {
	b.t.Helper()
	res, err := b.event.ListEvents(b.as("analyst"), req)
	require.NoError(b.t, err)
	return res.GetEvents()
}

func TestABadEventNeverSinksTheBatch(t *testing.T) {
	t.Parallel()
	b := setup(t)
	bad := map[string]*eventsv1.Event{
		"id":              event(2, func(e *eventsv1.Event) { e.Id = "urn:uuid:" + id(2) }),
		"name":            event(3, func(e *eventsv1.Event) { e.Name = "a\x07b" }),
		"occurred_at":     event(4, func(e *eventsv1.Event) { e.OccurredAt = timestamppb.New(events.MinTime.Add(-1)) }),
		"packages[1]":     event(5, func(e *eventsv1.Event) { e.Packages = []string{"pkg:npm/x", "npm/y"} }),
		"properties_json": event(6, func(e *eventsv1.Event) { e.PropertiesJson = `{"a":1,"a":2}` }),
		"source.kind":     event(7, func(e *eventsv1.Event) { e.Source = nil }),
		"actor.kind":      event(8, by(99, "x")),
		"actor.value":     event(9, by(github, "not a number")),
		"actor_name":      event(10, func(e *eventsv1.Event) { e.ActorName = "\n" }),
	}
	batch := []*eventsv1.Event{event(1, by(email, "ada@example.org"))}
	var fields []string
	for field, e := range bad {
		batch, fields = append(batch, e), append(fields, field)
	}
	batch = append(batch, event(1), event(11))
	results := b.capture(batch...)
	require.Equal(t, eventsv1.CaptureStatus_CAPTURE_STATUS_STORED, results[0].GetStatus())
	for i, field := range fields {
		r := results[i+1]
		require.Equal(t, eventsv1.CaptureStatus_CAPTURE_STATUS_REJECTED, r.GetStatus(), field)
		require.Equal(t, field, r.GetField())
		require.NotEmpty(t, r.GetReason(), field)
		require.NotEmpty(t, r.GetMessage(), field)
		require.Equal(t, bad[field].GetId(), r.GetEventId())
	}
	require.Equal(t, eventsv1.CaptureStatus_CAPTURE_STATUS_DUPLICATE, results[len(results)-2].GetStatus())
	require.Equal(t, eventsv1.CaptureStatus_CAPTURE_STATUS_STORED, results[len(results)-1].GetStatus())
	require.Len(t, b.list(&eventsv1.ListEventsRequest{}), 2)
}

func TestAnActorOfBlanksIsRejected(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for n, value := range []string{"", " ", " \u2003\u00a0"} {
		for kind := email; kind <= email+1; kind++ {
			r := b.capture(event(byte(n+1), by(kind, value)))[0]
			require.Equal(t, eventsv1.CaptureStatus_CAPTURE_STATUS_REJECTED, r.GetStatus(), "%q", value)
			require.Equal(t, "actor.value", r.GetField())
			require.Equal(t, "FIELD_MISSING", r.GetReason())
		}
	}
	require.Empty(t, b.list(&eventsv1.ListEventsRequest{}))
}

func TestAnEventComesBackCanonical(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.capture(event(1, by(email, " Ada@Example.org "), func(e *eventsv1.Event) {
		e.Packages = []string{"pkg:PyPI/B_c@1", "pkg:npm/a@1", "pkg:npm/a@1"}
		e.PropertiesJson = ` {"b": 2.0, "a": "\u00e4"} `
		e.OccurredAt = timestamppb.New(noon.Add(24 * time.Hour)) // too far ahead: the time of arrival stands
	}))
	got := b.list(&eventsv1.ListEventsRequest{})[0]
	require.NotEmpty(t, got.GetDeveloperId())
	want := event(1, by(email, "ada@example.org"), func(e *eventsv1.Event) {
		e.DeveloperId, e.ReceivedAt = got.GetDeveloperId(), timestamppb.New(noon)
		e.Packages = []string{"pkg:npm/a@1", "pkg:pypi/b-c@1"}
		e.PropertiesJson = `{"a":"` + "\u00e4" + `","b":2}`
	})
	require.Empty(t, cmp.Diff(want, got, protocmp.Transform()))
}

func TestEventsAreToBeSentAgainWhileIdentityIsAway(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.capture(event(1, by(email, "ada@example.org")))
	b.identity.SetDown(true)
	results := b.capture(event(2, by(email, "bo@example.org")), event(3, func(e *eventsv1.Event) { e.Name = "" }))
	require.Equal(t, eventsv1.CaptureStatus_CAPTURE_STATUS_RETRY, results[0].GetStatus())
	require.Equal(t, eventsv1.CaptureStatus_CAPTURE_STATUS_REJECTED, results[1].GetStatus())
	require.Equal(t, eventsv1.CaptureStatus_CAPTURE_STATUS_STORED, b.capture(event(4, by(email, "ada@example.org")))[0].GetStatus(), "who is known needs no question")
	require.Equal(t, eventsv1.CaptureStatus_CAPTURE_STATUS_STORED, b.capture(event(5))[0].GetStatus(), "nobody needs none either")
	require.Len(t, b.list(&eventsv1.ListEventsRequest{}), 3)
	b.identity.SetDown(false)
	require.Equal(t, eventsv1.CaptureStatus_CAPTURE_STATUS_STORED, b.capture(event(2, by(email, "bo@example.org")))[0].GetStatus())
}

func TestAMergeShowsInEveryAnswer(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.capture(
		event(1, by(email, "ada@example.org"), func(e *eventsv1.Event) { e.Packages = []string{"pkg:npm/x@1"} }),
		event(2, by(email, "ada@work.example")), event(3, by(machine, "laptop")),
	)
	list := b.list(&eventsv1.ListEventsRequest{})
	laptop, source, target := list[0], list[1].GetDeveloperId(), list[2].GetDeveloperId()
	require.Empty(t, laptop.GetDeveloperId())
	require.NotEqual(t, source, target)
	b.identity.Merge(acme, target, source)
	b.identity.Link(acme, laptop.GetActor(), target)
	for _, named := range []string{source, target} {
		require.Eventually(t, func() bool {
			return len(b.list(&eventsv1.ListEventsRequest{Filter: &eventsv1.EventFilter{DeveloperIds: []string{named}}})) == 3
		}, soon, 5*time.Millisecond)
	}
	b.capture(event(4, by(email, "ada@work.example")))
	require.Equal(t, target, b.list(&eventsv1.ListEventsRequest{PageSize: 1})[0].GetDeveloperId())
	res, err := b.insight.QueryTrends(b.as("analyst"), &eventsv1.QueryTrendsRequest{
		Range:  during(noon, noon.Add(time.Hour)),
		Series: []*eventsv1.TrendSeries{{Math: eventsv1.Math_MATH_UNIQUE_ACTORS, Match: everything()}, {Match: everything()}},
	})
	require.NoError(t, err)
	require.InDelta(t, 1, res.GetRows()[0].GetTotal(), 0)
	require.InDelta(t, 4, res.GetRows()[1].GetTotal(), 0)
}

func TestPagesAndTheirTokens(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for n := range byte(5) {
		b.capture(event(n + 1))
	}
	first, err := b.event.ListEvents(b.as("analyst"), &eventsv1.ListEventsRequest{PageSize: 2})
	require.NoError(t, err)
	require.Equal(t, []string{id(5), id(4)}, []string{first.GetEvents()[0].GetId(), first.GetEvents()[1].GetId()})
	second, err := b.event.ListEvents(b.as("analyst"), &eventsv1.ListEventsRequest{PageSize: 4, PageToken: first.GetNextPageToken()})
	require.NoError(t, err)
	require.Len(t, second.GetEvents(), 3)
	require.Empty(t, second.GetNextPageToken())
	_, err = b.event.ListEvents(b.as("analyst"), &eventsv1.ListEventsRequest{PageToken: first.GetNextPageToken(), Filter: &eventsv1.EventFilter{Names: []string{"x"}}})
	require.ErrorIs(t, err, fault.Invalid)
	_, err = b.event.ListEvents(b.as("stranger"), &eventsv1.ListEventsRequest{PageToken: first.GetNextPageToken()})
	require.ErrorIs(t, err, fault.Invalid)
}

func TestEventsAreListedByTheirProperties(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for n := range byte(6) {
		b.capture(event(n+1, by(email, "ada@example.org"), func(e *eventsv1.Event) { e.PropertiesJson = []string{`{"tool":"npm"}`, `{"tool":"pnpm"}`, `{}`}[n%3] }))
	}
	req := &eventsv1.ListEventsRequest{PageSize: 1, Properties: []*eventsv1.PropertyFilter{
		{Key: "tool", Operator: eventsv1.PropertyOperator_PROPERTY_OPERATOR_REGEX, Values: []string{"^p?npm$"}},
		{Key: "tool", Operator: eventsv1.PropertyOperator_PROPERTY_OPERATOR_IS_NOT, Values: []string{"pnpm"}},
	}}
	first, err := b.event.ListEvents(b.as("analyst"), req)
	require.NoError(t, err)
	require.Equal(t, id(4), first.GetEvents()[0].GetId())
	req.PageToken = first.GetNextPageToken()
	second, err := b.event.ListEvents(b.as("analyst"), req)
	require.NoError(t, err)
	require.Equal(t, id(1), second.GetEvents()[0].GetId())
	require.Empty(t, second.GetNextPageToken())
	req.Properties = req.GetProperties()[:1]
	_, err = b.event.ListEvents(b.as("analyst"), req)
	require.ErrorIs(t, err, fault.Invalid, "the token belongs to other filters")
	cohort := &eventsv1.CohortDefinition{Kind: &eventsv1.CohortDefinition_Static{Static: &eventsv1.StaticCohort{DeveloperIds: []string{first.GetEvents()[0].GetDeveloperId()}}}}
	require.Len(t, b.list(&eventsv1.ListEventsRequest{Properties: []*eventsv1.PropertyFilter{{Scope: eventsv1.PropertyScope_PROPERTY_SCOPE_COHORT, Cohort: cohort}}}), 6)
}

func TestWrongQuestionsNameTheField(t *testing.T) {
	t.Parallel()
	b := setup(t)
	day, series := during(noon, noon.Add(24*time.Hour)), []*eventsv1.TrendSeries{{Match: everything()}}
	trends := func(req *eventsv1.QueryTrendsRequest) error {
		_, err := b.insight.QueryTrends(b.as("analyst"), req)
		return err
	}
	exposure := func(purl string) error {
		_, err := b.event.GetExposure(b.as("analyst"), &eventsv1.GetExposureRequest{Purl: purl})
		return err
	}
	list := func(req *eventsv1.ListEventsRequest) error {
		_, err := b.event.ListEvents(b.as("analyst"), req)
		return err
	}
	for field, err := range map[string]error{
		"purl":               exposure("npm/x"),
		"range.end":          trends(&eventsv1.QueryTrendsRequest{Series: series, Range: during(noon, noon)}),
		"time_zone":          trends(&eventsv1.QueryTrendsRequest{Series: series, Range: day, TimeZone: "Europe/Nowhere"}),
		"filter.packages[0]": list(&eventsv1.ListEventsRequest{Filter: &eventsv1.EventFilter{Packages: []string{"x"}}}),
		"filter.names[0]":    list(&eventsv1.ListEventsRequest{Filter: &eventsv1.EventFilter{Names: []string{"\x00"}}}),
		"page_size":          list(&eventsv1.ListEventsRequest{PageSize: -1}),
		"properties[0].values[0]": list(&eventsv1.ListEventsRequest{Properties: []*eventsv1.PropertyFilter{
			{Key: "a", Operator: eventsv1.PropertyOperator_PROPERTY_OPERATOR_REGEX, Values: []string{"("}},
		}}),
		"properties[1].key": list(&eventsv1.ListEventsRequest{Properties: []*eventsv1.PropertyFilter{{Key: "a", Values: []string{"b"}}, {Values: []string{"b"}}}}),
		"properties[0].operator": list(&eventsv1.ListEventsRequest{Properties: []*eventsv1.PropertyFilter{
			{Key: "a", Operator: eventsv1.PropertyOperator_PROPERTY_OPERATOR_IN, Values: []string{"b"}},
		}}),
	} {
		require.ErrorIs(t, err, fault.Invalid, field)
		var f *fault.Fault
		require.ErrorAs(t, err, &f)
		require.Equal(t, field, f.FieldPath())
	}
}

func TestAnotherOrganizationSeesNothing(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.capture(event(1, by(email, "ada@example.org"), func(e *eventsv1.Event) { e.Packages = []string{"pkg:npm/x@1"} }))
	list, err := b.event.ListEvents(b.as("stranger"), &eventsv1.ListEventsRequest{})
	require.NoError(t, err)
	require.Empty(t, list.GetEvents())
	x, err := b.event.GetExposure(b.as("stranger"), &eventsv1.GetExposureRequest{Purl: "pkg:npm/x?a=b", EvidenceLimit: 5})
	require.NoError(t, err)
	require.Empty(t, cmp.Diff(&eventsv1.GetExposureResponse{Purl: "pkg:npm/x"}, x, protocmp.Transform()))
	own, err := b.event.GetExposure(b.as("analyst"), &eventsv1.GetExposureRequest{Purl: "pkg:npm/x", EvidenceLimit: 5})
	require.NoError(t, err)
	require.Len(t, own.GetEvidence(), 1)
	require.EqualValues(t, 1, own.GetDeveloperCount())
	_, err = b.event.ListEvents(b.as("ingest"), &eventsv1.ListEventsRequest{})
	require.ErrorIs(t, err, fault.Denied)
}
