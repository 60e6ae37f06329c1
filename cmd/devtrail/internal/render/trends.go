package render

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
)

// barWidth is the length of the longest bar.
const barWidth = 40

// Trends prints the rows of an answer one under the other, a line for each bucket with a bar. Titles name the rows in their order.
func Trends(w io.Writer, answer *eventsv1.QueryTrendsResponse, interval eventsv1.Interval, titles []string, zone *time.Location) error {
	layout := bucketLayout(interval)
	for i, row := range answer.GetRows() {
		if i > 0 {
			fmt.Fprintln(w)
		}
		title := ""
		if s := int(row.GetSeries()); s < len(titles) {
			title = titles[s]
		}
		if row.GetBreakdown() != nil {
			title += " of " + keyText(row.GetBreakdown())
		}
		buckets := answer.GetBuckets()
		if row.GetPeriod() == eventsv1.TrendPeriod_TREND_PERIOD_PREVIOUS {
			title, buckets = title+", the period before", answer.GetPreviousBuckets()
		}
		fmt.Fprintf(w, "%s: %s in all\n", clean(title), number(row.GetTotal()))
		most, width := 0.0, 0
		for _, value := range row.GetValues() {
			most, width = max(most, value), max(width, len(number(value)))
		}
		t := newTable(w)
		for b, value := range row.GetValues() {
			if b < len(buckets) {
				t.row(buckets[b].AsTime().In(zone).Format(layout), fmt.Sprintf("%*s", width, number(value)), bar(value, most))
			}
		}
		if err := t.flush(); err != nil {
			return err
		}
	}
	return nil
}

// bar is at least one sign long for what is more than nothing.
func bar(value, most float64) string {
	if value <= 0 || most <= 0 {
		return ""
	}
	return strings.Repeat("#", max(1, int(value/most*barWidth+0.5)))
}

func number(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }
