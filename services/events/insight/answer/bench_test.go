package answer_test

import (
	"context"
	"strconv"
	"testing"
	"time"

	"github.com/google/uuid"

	"devtrail.dev/services/events/insight"
	"devtrail.dev/services/events/insight/answer"
	"devtrail.dev/services/events/internal/memory"
)

// streaming is a store whose sequences cost nothing, so that what is measured is the engine.
type streaming struct {
	*memory.Store
	actors int
}

// Sequences hands out actors of eight events over three steps.
func (s streaming) Sequences(_ context.Context, _ uuid.UUID, _ insight.SequenceQuery, yield func(insight.Sequence) error) error {
	rows := make([]insight.Row, 8)
	for actor := range s.actors {
		for i := range rows {
			rows[i] = insight.Row{
				At: time.Date(2026, 5, 1, 10, i*7+actor%5, 0, 0, time.UTC), Matches: 1 << ((i + actor) % 3), Name: "e" + strconv.Itoa(i%3),
				Values: []insight.Part{{Text: strconv.Itoa(actor % 40)}},
			}
		}
		if err := yield(insight.Sequence{Actor: "a", Rows: rows}); err != nil {
			return err
		}
	}
	return nil
}

// BenchmarkEngine shows what the engine adds to each event that a store hands out for a funnel or paths.
func BenchmarkEngine(b *testing.B) {
	const actors = 10_000
	e := answer.New(streaming{Store: memory.New(time.Now), actors: actors}, func() time.Time { return time.Date(2026, 5, 8, 10, 0, 0, 0, time.UTC) })
	funnel := insight.FunnelRequest{Steps: []insight.Matcher{opened, opened, opened}}
	byValue := funnel
	byValue.Breakdown = &insight.Breakdown{Scope: insight.EventScope, Properties: []string{"p"}, Limit: 25}
	allSteps := byValue
	allSteps.Attribution = insight.AllSteps
	for name, ask := range map[string]func() error{
		"funnel":                    func() error { _, err := e.Funnel(b.Context(), org, funnel); return err },
		"funnel by first touch":     func() error { _, err := e.Funnel(b.Context(), org, byValue); return err },
		"funnel by values of steps": func() error { _, err := e.Funnel(b.Context(), org, allSteps); return err },
		"paths": func() error {
			_, err := e.Paths(b.Context(), org, insight.PathsRequest{Ways: insight.PathsQuery{Sources: []insight.PathSource{{}}}})
			return err
		},
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if err := ask(); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*actors*8), "ns/event")
		})
	}
}
