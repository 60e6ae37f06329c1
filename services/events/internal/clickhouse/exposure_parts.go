package clickhouse

import (
	"context"
	"errors"
	"math"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/google/uuid"

	"devtrail.dev/services/events"
)

// longestAnswer is how long rows may be on their way to somebody who takes them slowly.
const longestAnswer = 10 * time.Minute

// ExposureParts hands the rows over as they come. The time of a question is that until the first of them: how long the rest takes is up to who uses it.
func (s *Store) ExposureParts(ctx context.Context, organization uuid.UUID, q events.ExposureQuery, yield func(events.ExposurePart) error) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	overridden, err := s.overrides.Of(ctx, organization, s.readOverrides(organization))
	if err != nil {
		return err
	}
	p := about(organization)
	p.within(q.Range)
	p.text("package", q.Package)
	p.texts("versions", q.Versions)
	p.number("limit", math.MaxInt32)
	parting := &parting{yield: yield, size: q.Limit, changes: func(projects []string) ([]events.ManifestChange, error) {
		return s.ManifestChanges(ctx, organization, q.Package, projects)
	}}
	waiting, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	timer := time.AfterFunc(s.limits.Time, func() { stop(events.ErrQuestionTooSlow) })
	defer timer.Stop()
	sh := shape{Always: q.Range == events.AllTime, Versioned: q.Versions != nil}
	sh.owned(overridden.exactly(), p)
	err = s.runWith(waiting, "exposure", sh, p, clickhouse.Settings{"max_execution_time": longestAnswer.Seconds()}, func(rows driver.Rows) error {
		timer.Stop()
		return parting.add(rows)
	})
	if err == nil {
		err = parting.flush()
	}
	switch {
	case parting.failed != nil && errors.Is(err, parting.failed):
		return parting.failed // as it is: it is not the database's
	case errors.Is(context.Cause(waiting), events.ErrQuestionTooSlow):
		return events.ErrQuestionTooSlow
	}
	return judge(ctx, err)
}

// parting puts rows together to parts.
type parting struct {
	yield   func(events.ExposurePart) error
	changes func(projects []string) ([]events.ManifestChange, error)
	size    int
	part    events.ExposurePart
	failed  error // of what is done with a part
}

func (g *parting) add(rows driver.Rows) error {
	if g.part.Len() == g.size {
		if err := g.flush(); err != nil {
			return err
		}
	}
	return addExposure(&g.part.Exposure, rows)
}

// flush hands the part over, unless it is empty.
func (g *parting) flush() error {
	if g.part.Len() == 0 && g.part.Sighting.Count == 0 {
		return nil
	}
	if projects := g.part.ProjectNames(); len(projects) > 0 {
		g.part.Changes, g.failed = g.changes(projects)
	}
	if g.failed == nil {
		g.failed = g.yield(g.part)
	}
	g.part = events.ExposurePart{}
	return g.failed
}
