package plan

import (
	"context"

	"devtrail.dev/services/migrations"
	"devtrail.dev/services/migrations/internal/scratch"
)

// Meter measures one statement after the other on one copy of a schema, each undone after it was measured.
type Meter struct{ m *meter }

// NewMeter measures on the database, which has the schema.
func NewMeter(ctx context.Context, s *scratch.Postgres) (*Meter, error) {
	m, err := newMeter(ctx, s)
	return &Meter{m}, err
}

// Close ends its own connection.
func (m *Meter) Close(ctx context.Context) { m.m.close(ctx) }

// Measure runs the statement as a plan does, and rolls it back.
func (m *Meter) Measure(ctx context.Context, sql string) (effects []migrations.Effect, err error) {
	tx, err := m.m.conn.Begin(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { _ = tx.Rollback(ctx) }()
	return m.m.within(ctx, tx, sql)
}
