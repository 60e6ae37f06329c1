package render

import (
	"strconv"
	"strings"
	"time"

	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
)

func trendsGrid(a *eventsv1.QueryTrendsResponse, interval eventsv1.Interval, zone *time.Location) [][]string {
	lines := [][]string{{"series", "breakdown", "period", "bucket", "value"}}
	for _, row := range a.GetRows() {
		buckets, period := a.GetBuckets(), "current"
		if row.GetPeriod() == eventsv1.TrendPeriod_TREND_PERIOD_PREVIOUS {
			buckets, period = a.GetPreviousBuckets(), "previous"
		}
		for i, v := range row.GetValues() {
			lines = append(lines, []string{strconv.Itoa(int(row.GetSeries())), keyText(row.GetBreakdown()), period, start(buckets[i], interval, zone), number(v)})
		}
	}
	return lines
}

// keyText writes the key of a breakdown for people; programs read JSON, where no value can be taken for another kind.
func keyText(k *eventsv1.BreakdownKey) string {
	switch key := k.GetKey().(type) {
	case *eventsv1.BreakdownKey_Value:
		var parts []string
		for _, p := range key.Value.GetParts() {
			text := "(missing)"
			if p.Text != nil {
				text = p.GetText()
			}
			parts = append(parts, text)
		}
		return strings.Join(parts, ", ")
	case *eventsv1.BreakdownKey_Missing:
		return "(missing)"
	case *eventsv1.BreakdownKey_Other:
		return "(other)"
	case *eventsv1.BreakdownKey_Cohort:
		return "cohort " + strconv.Itoa(int(key.Cohort))
	}
	return ""
}

func funnelGrid(a *eventsv1.QueryFunnelResponse) [][]string {
	lines := [][]string{{"breakdown", "step", "actors", "mean_seconds", "median_seconds"}}
	for _, row := range a.GetRows() {
		for k, step := range row.GetSteps() {
			line := []string{keyText(row.GetBreakdown()), strconv.Itoa(k), whole(step.GetCount()), "", ""}
			if step.MeanSeconds != nil {
				line[3], line[4] = number(step.GetMeanSeconds()), number(step.GetMedianSeconds())
			}
			lines = append(lines, line)
		}
	}
	return lines
}

func retentionGrid(a *eventsv1.QueryRetentionResponse, interval eventsv1.Interval, zone *time.Location) [][]string {
	lines := [][]string{{"start", "interval", "actors"}}
	for _, row := range a.GetRows() {
		for j, n := range row.GetValues() {
			lines = append(lines, []string{start(row.GetStart(), interval, zone), strconv.Itoa(j), whole(n)})
		}
	}
	return lines
}

func stickinessGrid(a *eventsv1.QueryStickinessResponse) [][]string {
	lines := [][]string{{"series", "intervals", "actors"}}
	for _, row := range a.GetRows() {
		for i, n := range row.GetCounts() {
			lines = append(lines, []string{strconv.Itoa(int(row.GetSeries())), strconv.Itoa(i + 1), whole(n)})
		}
	}
	return lines
}

func lifecycleGrid(a *eventsv1.QueryLifecycleResponse, interval eventsv1.Interval, zone *time.Location) [][]string {
	lines := [][]string{{"bucket", "new", "returning", "resurrecting", "dormant"}}
	for b, t := range a.GetBuckets() {
		lines = append(lines, []string{
			start(t, interval, zone), whole(a.GetNew()[b]), whole(a.GetReturning()[b]), whole(a.GetResurrecting()[b]), whole(a.GetDormant()[b]),
		})
	}
	return lines
}

func pathsGrid(a *eventsv1.QueryPathsResponse) [][]string {
	lines := [][]string{{"source_step", "source", "target", "weight", "mean_ms"}}
	for _, e := range a.GetEdges() {
		lines = append(lines, []string{strconv.Itoa(int(e.GetSourceStep())), e.GetSource(), e.GetTarget(), whole(e.GetWeight()), number(e.GetMeanMs())})
	}
	return lines
}
