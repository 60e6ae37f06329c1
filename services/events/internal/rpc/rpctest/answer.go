package rpctest

import (
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
	"devtrail.dev/services/events/insight"
)

func times(list []*timestamppb.Timestamp) []time.Time {
	var made []time.Time
	for _, t := range list {
		made = append(made, t.AsTime())
	}
	return made
}

func keyOf(k *eventsv1.BreakdownKey) *insight.Key {
	switch key := k.GetKey().(type) {
	case *eventsv1.BreakdownKey_Missing:
		return &insight.Key{Kind: insight.MissingKey}
	case *eventsv1.BreakdownKey_Other:
		return &insight.Key{Kind: insight.OtherKey}
	case *eventsv1.BreakdownKey_Cohort:
		return &insight.Key{Kind: insight.CohortKey, Cohort: int(key.Cohort)}
	case *eventsv1.BreakdownKey_Value:
		made := &insight.Key{Kind: insight.ValueKey}
		for _, p := range key.Value.GetParts() {
			made.Parts = append(made.Parts, insight.Part{Text: p.GetText(), Missing: p.Text == nil})
		}
		return made
	}
	return nil
}

func trendsAnswer(res *eventsv1.QueryTrendsResponse) insight.TrendsAnswer {
	made := insight.TrendsAnswer{Buckets: times(res.GetBuckets()), Previous: times(res.GetPreviousBuckets())}
	for _, r := range res.GetRows() {
		made.Rows = append(made.Rows, insight.TrendsRow{
			Series: int(r.GetSeries()), Key: keyOf(r.GetBreakdown()), Previous: r.GetPeriod() == eventsv1.TrendPeriod_TREND_PERIOD_PREVIOUS,
			Values: r.GetValues(), Total: r.GetTotal(),
		})
	}
	return made
}

func funnelAnswer(res *eventsv1.QueryFunnelResponse) insight.FunnelAnswer {
	made := insight.FunnelAnswer{Buckets: times(res.GetBuckets())}
	for _, r := range res.GetRows() {
		row := insight.FunnelRow{Key: keyOf(r.GetBreakdown()), MeanSeconds: r.MeanSeconds}
		for _, s := range r.GetSteps() {
			row.Steps = append(row.Steps, insight.FunnelStep{Count: s.GetCount(), MeanSeconds: s.MeanSeconds, MedianSeconds: s.MedianSeconds})
		}
		for _, p := range r.GetPeriods() {
			row.Periods = append(row.Periods, insight.FunnelPeriod{Entered: p.GetEntered(), Converted: p.GetConverted(), Rate: p.GetRate()})
		}
		for _, b := range r.GetBins() {
			row.Bins = append(row.Bins, insight.FunnelBin{FromSeconds: b.GetFromSeconds(), Actors: b.GetActors()})
		}
		made.Rows = append(made.Rows, row)
	}
	return made
}

func retentionAnswer(res *eventsv1.QueryRetentionResponse) insight.RetentionAnswer {
	var made insight.RetentionAnswer
	for _, r := range res.GetRows() {
		made.Rows = append(made.Rows, insight.RetentionRow{Start: r.GetStart().AsTime(), Values: r.GetValues()})
	}
	return made
}

func stickinessAnswer(res *eventsv1.QueryStickinessResponse) insight.StickinessAnswer {
	made := insight.StickinessAnswer{Buckets: times(res.GetBuckets())}
	for _, r := range res.GetRows() {
		made.Counts = append(made.Counts, r.GetCounts())
	}
	return made
}

func lifecycleAnswer(res *eventsv1.QueryLifecycleResponse) insight.LifecycleAnswer {
	made := insight.LifecycleAnswer{Buckets: times(res.GetBuckets())}
	for b := range made.Buckets {
		made.Rows = append(made.Rows, insight.LifecycleRow{
			New: res.GetNew()[b], Returning: res.GetReturning()[b], Resurrecting: res.GetResurrecting()[b], Dormant: -res.GetDormant()[b],
		})
	}
	return made
}

func edges(res *eventsv1.QueryPathsResponse) []insight.Edge {
	var made []insight.Edge
	for _, e := range res.GetEdges() {
		made = append(made, insight.Edge{
			Step: int(e.GetSourceStep()), Source: e.GetSource(), Target: e.GetTarget(), Weight: e.GetWeight(), Mean: time.Duration(e.GetMeanMs() * float64(time.Millisecond)),
		})
	}
	return made
}
