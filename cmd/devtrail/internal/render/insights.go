package render

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
)

// bucketLayout is how the start of a bucket is written.
func bucketLayout(interval eventsv1.Interval) string {
	switch interval {
	case eventsv1.Interval_INTERVAL_HOUR, eventsv1.Interval_INTERVAL_MINUTE:
		return "2006-01-02 15:04"
	case eventsv1.Interval_INTERVAL_MONTH:
		return "2006-01"
	}
	return "2006-01-02"
}

// Funnel prints a bar for each step, with the part of those who took the step before.
func Funnel(w io.Writer, answer *eventsv1.QueryFunnelResponse, titles []string) error {
	for i, row := range answer.GetRows() {
		if i > 0 {
			fmt.Fprintln(w)
		}
		t := newTable(w, "STEP", "", "ACTORS", "OF ALL", "OF STEP BEFORE", "MEDIAN TIME", "")
		steps := row.GetSteps()
		for k, step := range steps {
			before, median := "", ""
			if k > 0 {
				before = percent(step.GetCount(), steps[k-1].GetCount())
			}
			if step.MedianSeconds != nil {
				median = time.Duration(step.GetMedianSeconds() * float64(time.Second)).Round(time.Second).String()
			}
			t.row(strconv.Itoa(k), titles[k], strconv.FormatInt(step.GetCount(), 10), percent(step.GetCount(), steps[0].GetCount()), before, median,
				bar(float64(step.GetCount()), float64(steps[0].GetCount())))
		}
		if err := t.flush(); err != nil {
			return err
		}
	}
	return nil
}

func percent(part, whole int64) string {
	if whole == 0 {
		return "0%"
	}
	return fmt.Sprintf("%.0f%%", 100*float64(part)/float64(whole))
}

// shades go from nobody to everybody.
const shades = " .:-=+*%#@"

// Retention prints a triangle: how many of each interval's actors came back, in percent, shaded.
func Retention(w io.Writer, answer *eventsv1.QueryRetentionResponse, interval eventsv1.Interval, zone *time.Location) error {
	heads := []string{"START", "SIZE"}
	for j := range answer.GetRows() {
		heads = append(heads, strconv.Itoa(j))
	}
	t := newTable(w, heads...)
	for _, row := range answer.GetRows() {
		cells := []string{row.GetStart().AsTime().In(zone).Format(bucketLayout(interval)), strconv.FormatInt(row.GetSize(), 10)}
		for _, n := range row.GetValues() {
			cells = append(cells, shade(n, row.GetSize())+" "+percent(n, row.GetSize()))
		}
		t.row(cells...)
	}
	return t.flush()
}

func shade(part, whole int64) string {
	if whole == 0 {
		return shades[:1]
	}
	i := int(part * int64(len(shades)-1) / whole)
	return shades[i : i+1]
}

// Stickiness prints a bar for each number of buckets in which somebody was active.
func Stickiness(w io.Writer, answer *eventsv1.QueryStickinessResponse) error {
	for _, row := range answer.GetRows() {
		var most int64
		for _, n := range row.GetCounts() {
			most = max(most, n)
		}
		t := newTable(w, "ACTIVE IN", "ACTORS", "")
		for i, n := range row.GetCounts() {
			t.row(strconv.Itoa(i+1), strconv.FormatInt(n, 10), bar(float64(n), float64(most)))
		}
		if err := t.flush(); err != nil {
			return err
		}
	}
	return nil
}

// Lifecycle prints a line for each bucket.
func Lifecycle(w io.Writer, answer *eventsv1.QueryLifecycleResponse, interval eventsv1.Interval, zone *time.Location) error {
	t := newTable(w)
	for _, line := range lifecycleGrid(answer, interval, zone) {
		t.row(line...)
	}
	return t.flush()
}

// Paths prints a tree: below each item the items that came next. What is below an item is printed where it stands first.
func Paths(w io.Writer, answer *eventsv1.QueryPathsResponse) error {
	if len(answer.GetEdges()) == 0 {
		_, err := fmt.Fprintln(w, "No paths.")
		return err
	}
	type place struct {
		step int32
		item string
	}
	next, order, reached := map[place][]*eventsv1.PathEdge{}, []place(nil), map[place]bool{}
	for _, e := range answer.GetEdges() {
		from := place{e.GetSourceStep(), e.GetSource()}
		if next[from] == nil {
			order = append(order, from)
		}
		next[from] = append(next[from], e)
		reached[place{e.GetSourceStep() + 1, e.GetTarget()}] = true
	}
	printed := map[place]bool{}
	var below func(from place, depth int)
	below = func(from place, depth int) {
		if printed[from] {
			return
		}
		printed[from] = true
		for _, e := range next[from] {
			took := time.Duration(e.GetMeanMs() * float64(time.Millisecond)).Round(time.Millisecond)
			fmt.Fprintf(w, "%s%s  %d times, after %s\n", strings.Repeat("  ", depth), clean(e.GetTarget()), e.GetWeight(), took)
			below(place{e.GetSourceStep() + 1, e.GetTarget()}, depth+1)
		}
	}
	for _, from := range order {
		if !reached[from] {
			fmt.Fprintf(w, "%s\n", clean(from.item))
			below(from, 1)
		}
	}
	return nil
}

// CSV prints an answer of QueryTrends, QueryFunnel, QueryRetention, QueryStickiness, QueryLifecycle or QueryPaths as comma-separated values.
func CSV(w io.Writer, answer any, interval eventsv1.Interval, zone *time.Location) error {
	var lines [][]string
	switch a := answer.(type) {
	case *eventsv1.QueryTrendsResponse:
		lines = trendsGrid(a, interval, zone)
	case *eventsv1.QueryFunnelResponse:
		lines = funnelGrid(a)
	case *eventsv1.QueryRetentionResponse:
		lines = retentionGrid(a, interval, zone)
	case *eventsv1.QueryStickinessResponse:
		lines = stickinessGrid(a)
	case *eventsv1.QueryLifecycleResponse:
		lines = lifecycleGrid(a, interval, zone)
	case *eventsv1.QueryPathsResponse:
		lines = pathsGrid(a)
	default:
		return fmt.Errorf("a %T has no form of comma-separated values", answer)
	}
	out := csv.NewWriter(w)
	if err := out.WriteAll(lines); err != nil {
		return fmt.Errorf("write comma-separated values: %w", err)
	}
	return nil
}

func whole(n int64) string { return strconv.FormatInt(n, 10) }

func start(t *timestamppb.Timestamp, interval eventsv1.Interval, zone *time.Location) string {
	return t.AsTime().In(zone).Format(bucketLayout(interval))
}
