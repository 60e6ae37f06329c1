package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/timestamppb"

	"devtrail.dev/cmd/devtrail/internal/people"
	"devtrail.dev/cmd/devtrail/internal/popular"
	"devtrail.dev/cmd/devtrail/internal/render"
	"devtrail.dev/kit/dial"
	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
	identityv1 "devtrail.dev/proto/gen/devtrail/identity/v1"
	packagesv1 "devtrail.dev/proto/gen/devtrail/packages/v1"
	"devtrail.dev/stack"
)

// survey asks the questions of the demo about one project.
type survey struct {
	conns      []*grpc.ClientConn
	developers identityv1.DeveloperServiceClient
	events     eventsv1.EventServiceClient
	ingest     eventsv1.IngestServiceClient
	insights   eventsv1.InsightServiceClient
	inventory  packagesv1.InventoryServiceClient
	project    string
	server     string // address of the events service
}

// openSurvey connects to a running suite with its admin key.
func openSurvey(state stack.State) (*survey, error) {
	s := &survey{server: state.Endpoints["events"]}
	byService := map[string]*grpc.ClientConn{}
	for _, service := range []string{"identity", "packages", "events"} {
		conn, err := dial.New(state.Endpoints[service], dial.Options{Token: state.Keys["admin"], UserAgent: "devtrail"})
		if err != nil {
			return nil, errors.Join(err, s.Close())
		}
		s.conns = append(s.conns, conn)
		byService[service] = conn
	}
	s.developers = identityv1.NewDeveloperServiceClient(byService["identity"])
	s.events = eventsv1.NewEventServiceClient(byService["events"])
	s.ingest = eventsv1.NewIngestServiceClient(byService["events"])
	s.insights = eventsv1.NewInsightServiceClient(byService["events"])
	s.inventory = packagesv1.NewInventoryServiceClient(byService["packages"])
	return s, nil
}

// Close ends the connections.
func (s *survey) Close() error {
	var err error
	for _, conn := range s.conns {
		err = errors.Join(err, conn.Close())
	}
	return err
}

func (s *survey) popularPackage(ctx context.Context, out io.Writer) error {
	best, ok, err := popular.Find(ctx, s.events, s.project)
	if err != nil {
		return err
	}
	if !ok {
		_, err := fmt.Fprintln(out, "The history has no lock file or manifest that names packages.")
		return err
	}
	answer, err := s.events.GetExposure(ctx, &eventsv1.GetExposureRequest{Purl: best.Purl, RowLimit: 10})
	if err != nil {
		return err
	}
	first, err := popular.FirstAdded(ctx, s.events, s.project, best.Purl)
	if err != nil {
		return err
	}
	ids := []string{first.GetDeveloperId()}
	for _, row := range answer.GetDevelopers() {
		ids = append(ids, row.GetDeveloperId())
	}
	names, err := people.Find(ctx, s.developers, ids)
	if err != nil {
		return err
	}
	if first != nil {
		fmt.Fprintf(out, "Added by %s on %s.\n", names.Of(first.GetDeveloperId()), first.GetOccurredAt().AsTime().Format(time.DateOnly))
	}
	return render.Exposure(out, answer, names, time.UTC)
}

// demoWeeks is how many weeks the demo shows, up to that of the newest commit.
const demoWeeks = 12

func (s *survey) commitsByWeek(ctx context.Context, out io.Writer) error {
	filter := &eventsv1.EventFilter{Names: []string{"commit.authored"}, Projects: []string{s.project}}
	newest, err := s.events.ListEvents(ctx, &eventsv1.ListEventsRequest{Filter: filter, PageSize: 1})
	if err != nil {
		return err
	}
	if len(newest.GetEvents()) == 0 {
		_, err := fmt.Fprintln(out, "The history has no commits.")
		return err
	}
	last := newest.GetEvents()[0].GetOccurredAt().AsTime()
	answer, err := s.insights.QueryTrends(ctx, &eventsv1.QueryTrendsRequest{
		Filter:   filter,
		Interval: eventsv1.Interval_INTERVAL_WEEK,
		Range: &eventsv1.DateRange{
			From: &eventsv1.DateRange_Start{Start: timestamppb.New(last.AddDate(0, 0, -7*(demoWeeks-1)))},
			To:   &eventsv1.DateRange_End{End: timestamppb.New(last.Add(time.Microsecond))},
		},
		Series: []*eventsv1.TrendSeries{{Match: &eventsv1.TrendSeries_EventName{EventName: "commit.authored"}}},
	})
	if err != nil {
		return err
	}
	return render.Trends(out, answer, eventsv1.Interval_INTERVAL_WEEK, []string{"Commits of the last twelve weeks"}, time.UTC)
}

func (s *survey) latestChanges(ctx context.Context, out io.Writer) error {
	page, err := s.events.ListEvents(ctx, &eventsv1.ListEventsRequest{
		Filter: &eventsv1.EventFilter{
			Names: []string{"package.added", "package.changed", "package.removed"}, Projects: []string{s.project},
		},
		PageSize: 10,
	})
	if err != nil {
		return err
	}
	var ids []string
	for _, event := range page.GetEvents() {
		ids = append(ids, event.GetDeveloperId())
	}
	names, err := people.Find(ctx, s.developers, ids)
	if err != nil {
		return err
	}
	return render.Events(out, page.GetEvents(), names, time.UTC)
}
