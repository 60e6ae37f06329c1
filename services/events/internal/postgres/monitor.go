package postgres

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"devtrail.dev/kit/pg"
	"devtrail.dev/services/events"
)

// Status reads the server's views of itself. It does not tell of disks: the server does not know them.
func (s *Store) Status(ctx context.Context) (events.StoreStatus, error) {
	status := events.StoreStatus{Engine: "postgres"}
	if err := s.enter(ctx); err != nil {
		return status, err
	}
	applied, err := pg.Applied(ctx, s.pool)
	if err != nil {
		return status, translate(ctx, err)
	}
	status.SchemaVersion = slices.Max(append(slices.Collect(maps.Keys(applied)), 0))
	err = s.ask(ctx, uuid.Nil, func(look *session) error {
		for name, scan := range map[string]func(pgx.Rows) error{
			"server_status": func(rows pgx.Rows) error { return rows.Scan(&status.Version, &status.StartedAt) },
			"table_status": func(rows pgx.Rows) error {
				var t events.TableStatus
				err := rows.Scan(&t.Name, &t.Rows, &t.Bytes, &t.Parts)
				status.Tables = append(status.Tables, t)
				return err
			},
			"replica_status": func(rows pgx.Rows) error {
				var r events.ReplicaStatus
				var seconds float64
				err := rows.Scan(&r.Name, &r.Healthy, &seconds)
				r.Lag = time.Duration(seconds * float64(time.Second))
				status.Replicas = append(status.Replicas, r)
				return err
			},
		} {
			if err := look.answer(ctx, name, shape{}, pgx.NamedArgs{}, scan); err != nil {
				return err
			}
		}
		return nil
	})
	status.StartedAt = status.StartedAt.UTC()
	return status, err
}

// DeadLetterCount counts the rows.
func (s *Store) DeadLetterCount(ctx context.Context, organization uuid.UUID) (n int64, err error) {
	err = s.ask(ctx, organization, func(look *session) error {
		return look.answer(ctx, "count_dead_letters", shape{}, pgx.NamedArgs{"organization": organization}, func(rows pgx.Rows) error { return rows.Scan(&n) })
	})
	return n, err
}
