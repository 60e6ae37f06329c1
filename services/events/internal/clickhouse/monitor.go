package clickhouse

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/google/uuid"

	"devtrail.dev/services/events"
)

// Status reads the server's tables about itself.
func (s *Store) Status(ctx context.Context) (events.StoreStatus, error) {
	status := events.StoreStatus{Engine: "clickhouse"}
	if err := s.enter(ctx); err != nil {
		return status, err
	}
	applied, err := s.applied(ctx)
	if err != nil {
		return status, err
	}
	status.SchemaVersion = slices.Max(append(slices.Collect(maps.Keys(applied)), 0))
	for name, scan := range map[string]func(driver.Rows) error{
		"server_status": func(rows driver.Rows) error {
			var seconds int64
			err := rows.Scan(&status.Version, &seconds)
			status.StartedAt = s.now().UTC().Add(-time.Duration(seconds) * time.Second).Truncate(time.Second)
			return err
		},
		"table_status": func(rows driver.Rows) error {
			var t events.TableStatus
			err := rows.Scan(&t.Name, &t.Rows, &t.Bytes, &t.Parts)
			status.Tables = append(status.Tables, t)
			return err
		},
		"disk_status": func(rows driver.Rows) error {
			var d events.DiskStatus
			err := rows.Scan(&d.Name, &d.FreeBytes, &d.TotalBytes)
			status.Disks = append(status.Disks, d)
			return err
		},
		"replica_status": func(rows driver.Rows) error {
			var r events.ReplicaStatus
			var healthy uint8
			var seconds int64
			err := rows.Scan(&r.Name, &healthy, &seconds, &r.Waiting)
			r.Healthy, r.Lag = healthy != 0, time.Duration(seconds)*time.Second
			status.Replicas = append(status.Replicas, r)
			return err
		},
	} {
		if err := s.query(ctx, name, shape{}, params{}, scan); err != nil {
			return status, err
		}
	}
	return status, nil
}

// DeadLetterCount counts the letters that are not gone.
func (s *Store) DeadLetterCount(ctx context.Context, organization uuid.UUID) (n int64, err error) {
	if err := s.enter(ctx); err != nil {
		return 0, err
	}
	err = s.query(ctx, "count_dead_letters", shape{}, about(organization), func(rows driver.Rows) error { return rows.Scan(&n) })
	return n, err
}
