package clickhouse

import (
	"context"
	"strconv"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/google/uuid"

	"devtrail.dev/services/events/insight"
)

// funnelShape is a funnel in order.
type funnelShape struct {
	Source *source
	Steps  []*condition
	Apart  bool // no event matches two steps
	Window string
	Last   string // the number of the last step
}

// maxFunnelSteps is what fits between two microseconds, see funnel.sql.
const maxFunnelSteps = 31

// FunnelCounts has the server find how far each actor came. It knows windows of one length only: a month has none.
func (s *Store) FunnelCounts(ctx context.Context, organization uuid.UUID, q insight.FunnelQuery) (counts []int64, ok bool, err error) {
	if q.Order != insight.Ordered || len(q.Exclusions) > 0 || q.Breakdown != nil || q.Window.Unit == insight.WindowMonth || len(q.Steps) > maxFunnelSteps {
		return nil, false, nil
	}
	counts, err = answer(ctx, s, organization, func(ctx context.Context, seen view) ([]int64, error) {
		st := newStatement(organization, seen)
		counts := make([]int64, len(q.Steps))
		return counts, s.ask(ctx, "funnel", st.funnel(q), st, func(rows driver.Rows) error {
			var reached int64
			var actors uint64
			if err := rows.Scan(&reached, &actors); err != nil {
				return err
			}
			for step := range reached { // who came far came past every step before
				counts[step] += int64(actors)
			}
			return nil
		})
	})
	if err != nil {
		return nil, false, err
	}
	return counts, true, nil
}

func (st *statement) funnel(q insight.FunnelQuery) *funnelShape {
	sh := &funnelShape{
		Source: st.source(q.Question, q.Range).acted().only(q.Steps...), Apart: apart(q.Steps),
		Window: st.bind("UInt64", strconv.FormatInt(windowMicros(q)*(maxFunnelSteps+1), 10)), Last: st.integer(int64(len(q.Steps) - 1)),
	}
	for _, m := range q.Steps {
		sh.Steps = append(sh.Steps, sh.Source.matcher(m))
	}
	return sh
}

// windowMicros is the length of the window, at most that of the range: no run is longer.
func windowMicros(q insight.FunnelQuery) int64 {
	longest := q.Range.End.UnixMicro() - q.Range.Start.UnixMicro()
	var unit time.Duration
	switch q.Window.Unit {
	case insight.WindowMinute:
		unit = time.Minute
	case insight.WindowHour:
		unit = time.Hour
	case insight.WindowDay:
		unit = 24 * time.Hour
	case insight.WindowWeek:
		unit = 7 * 24 * time.Hour
	case insight.WindowMonth: // has no length
	}
	if micros := unit.Microseconds(); int64(q.Window.Value) <= longest/micros {
		return int64(q.Window.Value) * micros
	}
	return longest
}

// apart tells whether the names alone keep the events of one step from being those of another.
func apart(steps []insight.Matcher) bool {
	owner := make(map[string]int)
	for i, m := range steps {
		for _, a := range m {
			if at, taken := owner[a.Name]; a.Name == "" || taken && at != i {
				return false
			}
			owner[a.Name] = i
		}
	}
	return true
}
