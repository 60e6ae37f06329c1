package rpc

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/types/known/timestamppb"

	"devtrail.dev/kit/fault"
	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
	"devtrail.dev/services/events"
	"devtrail.dev/services/events/catalog"
	"devtrail.dev/services/events/insight"
)

// asking is a request for an insight on its way from the contract to the engine.
type asking struct {
	filterReader

	saved catalog.Store // where what is named by an id is

	ctx  context.Context //nolint:containedctx // an asking lives as long as its call
	org  uuid.UUID
	now  time.Time
	zone *time.Location
}

func (s *insightServer) ask(ctx context.Context, org uuid.UUID, zone string) (*asking, error) {
	location, err := events.Zone(zone)
	if err != nil {
		return nil, err
	}
	return &asking{filterReader: s.filters, saved: s.saved, ctx: ctx, org: org, now: s.now(), zone: location}, nil
}

// audience is what every request for an insight has.
type audience interface {
	GetFilter() *eventsv1.EventFilter
	GetProperties() []*eventsv1.PropertyFilter
	GetUnit() eventsv1.Unit
	GetExcludeInternal() bool
}

func (a *asking) audience(req audience) (insight.Audience, error) {
	filter, err := a.read(a.ctx, a.org, req.GetFilter())
	if err != nil {
		return insight.Audience{}, err
	}
	properties, err := a.properties("properties", req.GetProperties(), 0)
	if err != nil {
		return insight.Audience{}, err
	}
	if req.GetExcludeInternal() {
		internal, err := a.internal()
		if err != nil {
			return insight.Audience{}, err
		}
		properties = append(properties, internal...)
	}
	return insight.Audience{Filter: filter, Properties: properties, By: insight.Unit(req.GetUnit())}, nil
}

// period reads a range; an interval that is not said stays so.
func (a *asking) period(r *eventsv1.DateRange, interval eventsv1.Interval, week eventsv1.WeekStart) (insight.Period, error) {
	p := insight.Period{From: r.GetStartText(), To: r.GetEndText(), Interval: events.Interval(interval), Zone: a.zone, FirstDay: firstDay(week)}
	var err error
	if p.Start, err = boundFromProto("range.start", r.GetStart()); err != nil {
		return p, err
	}
	p.End, err = boundFromProto("range.end", r.GetEnd())
	return p, err
}

func firstDay(week eventsv1.WeekStart) time.Weekday {
	if week == eventsv1.WeekStart_WEEK_START_SUNDAY {
		return time.Sunday
	}
	return time.Monday
}

// usual is the interval of an answer by time that names none.
func usual(interval eventsv1.Interval) eventsv1.Interval {
	if interval == eventsv1.Interval_INTERVAL_UNSPECIFIED {
		return eventsv1.Interval_INTERVAL_DAY
	}
	return interval
}

// located gives a refusal of the engine the path that the field has in the contract, where the two differ: bounds that are texts.
func located(err error, r *eventsv1.DateRange) error {
	f, ok := errors.AsType[*fault.Fault](err)
	switch {
	case !ok:
		return err
	case f.FieldPath() == "range.start" && r.GetStartText() != "":
		return f.Field("range.start_text")
	case f.FieldPath() == "range.end" && r.GetEndText() != "":
		return f.Field("range.end_text")
	}
	return err
}

// under gives a refusal the path that its field has when the request is a part of another.
func under(number string, err error) error {
	f, ok := errors.AsType[*fault.Fault](err)
	switch {
	case !ok || f.FieldPath() == "":
		return err
	case f.FieldPath() == "cell" || strings.HasPrefix(f.FieldPath(), "cell."):
		return f.Field(number + "." + f.FieldPath())
	}
	return f.Field(number + ".request." + f.FieldPath())
}

func timesToProto(list []time.Time) []*timestamppb.Timestamp {
	var times []*timestamppb.Timestamp
	for _, t := range list {
		times = append(times, timestamppb.New(t))
	}
	return times
}
