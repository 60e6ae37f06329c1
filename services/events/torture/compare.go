package torture

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/timestamppb"

	"devtrail.dev/kit/dial"
	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
)

// compare asks the service and holds its numbers against those that follow from the table's rows and from the clients' own record.
func (s *stage) compare(ctx context.Context, found census, report *Report) error {
	if err := s.analyze(ctx); err != nil {
		return err
	}
	conn, err := dial.New(s.service.settings["EVENTS_ADDRESS"], dial.Options{Token: s.key})
	if err != nil {
		return err
	}
	defer conn.Close()
	for _, organization := range organizations {
		told := map[string]int64{}
		asking := dial.WithOrganization(ctx, organization.String())
		for _, ask := range []func(context.Context, *grpc.ClientConn, map[string]int64) error{s.askTrends, askExposure, askDigest} {
			if err := ask(asking, conn, told); err != nil {
				return fmt.Errorf("ask the service: %w", err)
			}
		}
		for from, counted := range map[string]*tally{"the table": found.fromTable, "the clients": found.fromRecord} {
			want := counted.counts[organization]
			keys := maps.Clone(told)
			maps.Copy(keys, want)
			for _, key := range slices.Sorted(maps.Keys(keys)) {
				report.Aggregates++
				if told[key] != want[key] {
					report.Differences = append(report.Differences, fmt.Sprintf("%s: the service says %d, %s say %d", key, told[key], from, want[key]))
				}
			}
		}
	}
	return nil
}

func (s *stage) askTrends(ctx context.Context, conn *grpc.ClientConn, told map[string]int64) error {
	req := &eventsv1.QueryTrendsRequest{
		Interval: eventsv1.Interval_INTERVAL_MONTH, TimeZone: "UTC",
		Range: &eventsv1.DateRange{
			From: &eventsv1.DateRange_Start{Start: timestamppb.New(time.Date(firstYear, 1, 1, 0, 0, 0, 0, time.UTC))},
			To:   &eventsv1.DateRange_End{End: timestamppb.New(s.world.end())},
		},
	}
	for _, name := range names {
		req.Series = append(req.Series, &eventsv1.TrendSeries{Match: &eventsv1.TrendSeries_EventName{EventName: name}, Math: eventsv1.Math_MATH_TOTAL})
	}
	res, err := eventsv1.NewInsightServiceClient(conn).QueryTrends(ctx, req)
	if err != nil {
		return err
	}
	for _, row := range res.GetRows() {
		for i, value := range row.GetValues() {
			if value != 0 {
				told[trendKey(names[row.GetSeries()], res.GetBuckets()[i].AsTime())] = int64(value)
			}
		}
	}
	return nil
}

func askExposure(ctx context.Context, conn *grpc.ClientConn, told map[string]int64) error {
	for p := range packageCount {
		name := version{pkg: p}.name()
		res, err := eventsv1.NewEventServiceClient(conn).GetExposure(ctx, &eventsv1.GetExposureRequest{Purl: name})
		if err != nil {
			return err
		}
		told[exposureKey(name)] = res.GetSighting().GetEventCount()
		for _, v := range res.GetVersions() {
			told[versionKey(name, v.GetVersion())] = v.GetSighting().GetEventCount()
		}
	}
	return nil
}

func askDigest(ctx context.Context, conn *grpc.ClientConn, told map[string]int64) error {
	res, err := eventsv1.NewEventServiceClient(conn).GetDigest(ctx, &eventsv1.GetDigestRequest{
		Range: &eventsv1.TimeRange{Start: timestamppb.New(digestStart), End: timestamppb.New(digestEnd)},
	})
	if err != nil {
		return err
	}
	told[digestKey("events", "")], told[digestKey("events", "before")] = res.GetEvents().GetCurrent(), res.GetEvents().GetPrevious()
	for _, n := range res.GetNames() {
		told[digestKey("name", n.GetName())] = n.GetEvents().GetCurrent()
	}
	for _, p := range res.GetProjects() {
		told[digestKey("project", p.GetProject())] = p.GetEvents().GetCurrent()
	}
	for _, t := range res.GetSources() {
		told[digestKey("tool", t.GetTool())] = t.GetEvents().GetCurrent()
	}
	return nil
}
