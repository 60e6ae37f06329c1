package insight_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"devtrail.dev/services/events"
	"devtrail.dev/services/events/insight"
)

var opened = insight.Matcher{{Name: "opened"}}

func TestTrendsRequestRefuses(t *testing.T) {
	t.Parallel()
	for field, change := range map[string]func(*insight.TrendsRequest){
		"by":                      func(r *insight.TrendsRequest) { r.By = 9 },
		"series":                  func(r *insight.TrendsRequest) { r.Series = nil },
		"series[0].math":          func(r *insight.TrendsRequest) { r.Series[0].Math = 0 },
		"series[0].math_property": func(r *insight.TrendsRequest) { r.Series[0].Math = insight.Average },
		"cumulative":              func(r *insight.TrendsRequest) { r.Cumulative, r.TotalValue = true, true },
		"formula":                 func(r *insight.TrendsRequest) { r.Formula = "B" },
		"breakdown.kind":          func(r *insight.TrendsRequest) { r.Breakdown = &insight.Breakdown{} },
		"breakdown.properties": func(r *insight.TrendsRequest) {
			r.Breakdown = &insight.Breakdown{Scope: insight.EventScope, Properties: []string{"a", "b", "c", "d"}}
		},
		"breakdown.properties[0]": func(r *insight.TrendsRequest) {
			r.Breakdown = &insight.Breakdown{Scope: insight.DeveloperScope, Properties: []string{""}}
		},
		"breakdown.limit": func(r *insight.TrendsRequest) {
			r.Breakdown = &insight.Breakdown{Scope: insight.EventScope, Properties: []string{"a"}, Limit: 501}
		},
		"breakdown.cohorts": func(r *insight.TrendsRequest) { r.Breakdown = &insight.Breakdown{Scope: insight.CohortScope} },
	} {
		r := insight.TrendsRequest{Series: []insight.Series{{Matcher: opened, Math: insight.Total}}}
		change(&r)
		_, err := r.Checked()
		refused(t, err, field)
	}
	r := insight.TrendsRequest{Series: make([]insight.Series, insight.MaxSeries+1)}
	_, err := r.Checked()
	refused(t, err, "series")
}

func TestFunnelRequestRefuses(t *testing.T) {
	t.Parallel()
	number := func(n int) *int { return &n }
	excluded := func(from, to int) []insight.Exclusion {
		return []insight.Exclusion{{Matcher: insight.Matcher{{Name: "failed"}}, From: from, To: to}}
	}
	where := []insight.PropertyFilter{{Scope: insight.EventScope, Key: "p", Operator: insight.Exact, Values: []string{"a"}}}
	for name, c := range map[string]struct {
		field  string
		change func(*insight.FunnelRequest)
	}{
		"no steps":                    {"steps", func(r *insight.FunnelRequest) { r.Steps = nil }},
		"too many steps":              {"steps", func(r *insight.FunnelRequest) { r.Steps = make([]insight.Matcher, 21) }},
		"an unknown order":            {"order", func(r *insight.FunnelRequest) { r.Order = 9 }},
		"an unknown attribution":      {"attribution", func(r *insight.FunnelRequest) { r.Attribution = 9 }},
		"an unknown view":             {"view", func(r *insight.FunnelRequest) { r.View = 9 }},
		"an interval of another view": {"interval", func(r *insight.FunnelRequest) { r.Interval = events.Day }},
		"a window of nothing":         {"window.value", func(r *insight.FunnelRequest) { r.Window = insight.Window{Unit: insight.WindowDay} }},
		"a window of ages":            {"window.value", func(r *insight.FunnelRequest) { r.Window = insight.Window{Value: 1 << 40, Unit: insight.WindowMonth} }},
		"a window of no unit":         {"window.unit", func(r *insight.FunnelRequest) { r.Window = insight.Window{Value: 1} }},
		"an exclusion of one step":    {"exclusions[0].to_step", func(r *insight.FunnelRequest) { r.Exclusions = excluded(1, 1) }},
		"an exclusion backwards":      {"exclusions[0].to_step", func(r *insight.FunnelRequest) { r.Exclusions = excluded(2, 1) }},
		"an exclusion too far":        {"exclusions[0].to_step", func(r *insight.FunnelRequest) { r.Exclusions = excluded(0, 3) }},
		"an exclusion from nowhere":   {"exclusions[0].from_step", func(r *insight.FunnelRequest) { r.Exclusions = excluded(-1, 1) }},
		"an exclusion of a part":      {"exclusions[0].from_step", func(r *insight.FunnelRequest) { r.Order, r.Exclusions = insight.Unordered, excluded(0, 1) }},
		"an exclusion of a step": {"exclusions[0]", func(r *insight.FunnelRequest) {
			r.Exclusions = excluded(0, 1)
			r.Exclusions[0].Matcher = insight.Matcher{{Name: "other"}, {Name: "started"}}
		}},
		"an exclusion of more than a step": {"exclusions[0]", func(r *insight.FunnelRequest) {
			r.Exclusions = excluded(0, 1)
			r.Steps[1], r.Exclusions[0].Matcher = insight.Matcher{{Name: "started", Properties: where}}, insight.Matcher{{}}
		}},
		"from beyond the steps": {"from_step", func(r *insight.FunnelRequest) { r.FromStep = number(3) }},
		"to beyond the steps":   {"to_step", func(r *insight.FunnelRequest) { r.ToStep = number(3) }},
		"not ascending":         {"to_step", func(r *insight.FunnelRequest) { r.FromStep, r.ToStep = number(1), number(1) }},
		"a machine's developer": {"breakdown.kind", func(r *insight.FunnelRequest) { r.By, r.Breakdown = insight.Machines, byTeam() }},
		"attribution beyond the steps": {"attribution_step", func(r *insight.FunnelRequest) {
			r.Attribution, r.AttributionStep, r.Breakdown = insight.AtStep, 3, byTeam()
		}},
		"a breakdown without any limit": {"breakdown.limit", func(r *insight.FunnelRequest) { r.Breakdown = byTeam(); r.Breakdown.Limit = -1 }},
	} {
		r := insight.FunnelRequest{Steps: []insight.Matcher{opened, {{Name: "started"}}, {{Name: "merged"}}}}
		r.Steps = slices.Clone(r.Steps)
		c.change(&r)
		_, err := r.Checked()
		refused(t, err, c.field, name)
	}
	for unit, most := range map[insight.WindowUnit]int{insight.WindowDay: 36_500, insight.WindowMonth: 1200} { // a hundred years
		r := insight.FunnelRequest{Steps: []insight.Matcher{opened}, Window: insight.Window{Value: most, Unit: unit}}
		_, err := r.Checked()
		require.NoError(t, err, "unit %d", unit)
		r.Window.Value++
		_, err = r.Checked()
		refused(t, err, "window.value", "more than a hundred years")
	}
	narrower := insight.FunnelRequest{Steps: []insight.Matcher{opened, opened}, Exclusions: []insight.Exclusion{{Matcher: insight.Matcher{{Name: "opened", Properties: where}}, To: 1}}}
	r, err := narrower.Checked()
	require.NoError(t, err, "an exclusion may match a part of a step")
	require.Equal(t, insight.Window{Value: 14, Unit: insight.WindowDay, Zone: time.UTC}, r.Window)
}

func byTeam() *insight.Breakdown {
	return &insight.Breakdown{Scope: insight.DeveloperScope, Properties: []string{"team"}}
}

func TestOtherRequestsRefuse(t *testing.T) {
	t.Parallel()
	for field, change := range map[string]func(*insight.RetentionRequest){
		"total_intervals": func(r *insight.RetentionRequest) { r.Total = 101 },
		"period":          func(r *insight.RetentionRequest) { r.Interval = events.Minute },
		"target":          func(r *insight.RetentionRequest) { r.Target = nil },
		"returning":       func(r *insight.RetentionRequest) { r.Returning = nil },
	} {
		r := insight.RetentionRequest{Target: opened, Returning: opened}
		change(&r)
		_, err := r.Checked()
		refused(t, err, field)
	}
	for field, change := range map[string]func(*insight.PathsQuery){
		"sources":      func(w *insight.PathsQuery) { w.Sources = nil },
		"session_gap":  func(w *insight.PathsQuery) { w.Gap = -1 },
		"step_limit":   func(w *insight.PathsQuery) { w.StepLimit = 21 },
		"edge_limit":   func(w *insight.PathsQuery) { w.EdgeLimit = 1001 },
		"min_weight":   func(w *insight.PathsQuery) { w.MinWeight = -1 },
		"max_weight":   func(w *insight.PathsQuery) { w.MinWeight, w.MaxWeight = 3, 2 },
		"groupings[0]": func(w *insight.PathsQuery) { w.Groupings = []string{""} },
	} {
		r := insight.PathsRequest{Ways: insight.PathsQuery{Sources: []insight.PathSource{{}}}}
		change(&r.Ways)
		_, err := r.Checked()
		refused(t, err, field)
	}
	_, err := insight.LifecycleRequest{Series: []insight.Matcher{opened, opened}}.Checked()
	refused(t, err, "series")
	_, err = insight.StickinessRequest{}.Checked()
	refused(t, err, "series")
}
