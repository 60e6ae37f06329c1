package rpc

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
	"devtrail.dev/services/events"
	"devtrail.dev/services/events/insight"
)

func (s *insightServer) pathsRequest(ctx context.Context, org uuid.UUID, req *eventsv1.QueryPathsRequest) (r insight.PathsRequest, err error) {
	ask, err := s.ask(ctx, org, req.GetTimeZone())
	if err != nil {
		return r, err
	}
	if r.Audience, err = ask.audience(req); err != nil {
		return r, err
	}
	if r.Period, err = ask.period(req.GetRange(), eventsv1.Interval_INTERVAL_DAY, eventsv1.WeekStart_WEEK_START_UNSPECIFIED); err != nil {
		return r, err
	}
	r.Ways = insight.PathsQuery{
		StepLimit: int(req.GetStepLimit()), Start: req.GetStartItem(), End: req.GetEndItem(), Groupings: req.GetGroupings(), Exclude: req.GetExcludeItems(),
		MinWeight: req.GetMinWeight(), MaxWeight: req.GetMaxWeight(), EdgeLimit: int(req.GetEdgeLimit()),
	}
	if gap := req.GetSessionGap(); gap != nil {
		if err := gap.CheckValid(); err != nil {
			return r, events.ErrTimeInvalid.With("session_gap is not a valid duration").Field("session_gap")
		}
		if r.Ways.Gap = gap.AsDuration(); r.Ways.Gap == 0 { // a gap that is there is not the usual one
			return r, insight.ErrPathsInvalid.With("the gap between two items is 0, it must be above 0").Field("session_gap")
		}
	}
	if r.Ways.Sources, err = pathSources(req.GetSources()); err != nil {
		return r, err
	}
	for i, c := range req.GetCleaning() {
		pattern, err := insight.NewPattern(fmt.Sprintf("cleaning[%d].pattern", i), c.GetPattern())
		if err != nil {
			return r, err
		}
		r.Ways.Cleaning = append(r.Ways.Cleaning, insight.Cleaning{Pattern: pattern, Alias: c.GetAlias()})
	}
	return r, nil
}

func pathSources(list []*eventsv1.PathSource) ([]insight.PathSource, error) {
	sources := make([]insight.PathSource, len(list))
	for i, source := range list {
		if err := checkValue(fmt.Sprintf("sources[%d].event_name", i), source.GetEventName()); err != nil {
			return nil, err
		}
		if err := checkValue(fmt.Sprintf("sources[%d].property", i), source.GetProperty()); err != nil {
			return nil, err
		}
		sources[i] = insight.PathSource{Name: source.GetEventName(), Property: source.GetProperty()}
	}
	return sources, nil
}

func pathsToProto(edges []insight.Edge) *eventsv1.QueryPathsResponse {
	res := &eventsv1.QueryPathsResponse{}
	for _, e := range edges {
		res.Edges = append(res.Edges, &eventsv1.PathEdge{
			SourceStep: int32(e.Step), Source: e.Source, Target: e.Target, Weight: e.Weight, MeanMs: float64(e.Mean) / float64(time.Millisecond),
		})
	}
	return res
}

func (s *insightServer) pathActors(ctx context.Context, org uuid.UUID, n *eventsv1.PathNumber, page insight.ActorPage) ([]string, error) {
	r, err := s.pathsRequest(ctx, org, n.GetRequest())
	if err != nil {
		return nil, err
	}
	edge := insight.Edge{Step: int(n.GetCell().GetSourceStep()), Source: n.GetCell().GetSource(), Target: n.GetCell().GetTarget()}
	actors, err := s.engine.PathActors(ctx, org, r, edge, page)
	return actors, located(err, n.GetRequest().GetRange())
}
