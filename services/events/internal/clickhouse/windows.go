package clickhouse

import (
	"context"
	"slices"
	"sort"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"devtrail.dev/services/events"
	"devtrail.dev/services/events/insight"
)

// windowed fills the rows of a series whose values look at windows that overlap: one window a bucket and, last, that of the total.
func (s *Store) windowed(ctx context.Context, st *statement, q insight.TrendsQuery, series insight.Series, rows *trendRows) error {
	windows := q.Weekly
	if series.Math == insight.MonthlyActive {
		windows = q.Monthly
	}
	within, _ := span(q, series.Math)
	sh := st.trend(q, series, within)
	sh.keep(st, series.Keys)
	cuts, firsts, lasts := cut(windows)
	sh.Cuts, sh.Firsts, sh.Lasts = st.integers(cuts), st.integers(firsts), st.integers(lasts)
	changes := make(map[int][]int64)
	err := s.ask(ctx, "trend_windows", sh, st, func(r driver.Rows) error {
		var place uint32
		var window, difference int64
		if err := r.Scan(&place, &window, &difference); err != nil {
			return err
		}
		if changes[int(place)] == nil {
			changes[int(place)] = make([]int64, len(windows)+1)
		}
		if window >= 0 {
			changes[int(place)][window] = difference
		}
		return nil
	})
	for place, change := range changes {
		row, actors := rows.at(place), int64(0)
		for i := range windows {
			if actors += change[i]; i < len(row.Values) {
				row.Values[i] = float64(actors)
			}
		}
		row.Total = float64(actors)
	}
	return err
}

// cut returns the instants at which windows start and end, and for the time from each to the next the first and the last of the windows
// that hold it; the first is after the last where none does. Starts and ends must ascend from window to window.
func cut(windows []events.Range) (cuts, firsts, lasts []int64) {
	for _, w := range windows {
		cuts = append(cuts, w.Start.UnixMicro(), w.End.UnixMicro())
	}
	slices.Sort(cuts)
	cuts = slices.Compact(cuts)
	for _, at := range cuts {
		firsts = append(firsts, int64(sort.Search(len(windows), func(i int) bool { return windows[i].End.UnixMicro() > at })))
		lasts = append(lasts, int64(sort.Search(len(windows), func(i int) bool { return windows[i].Start.UnixMicro() > at }))-1)
	}
	return cuts, firsts, lasts
}
