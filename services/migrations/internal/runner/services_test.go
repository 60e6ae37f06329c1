package runner

import (
	"io/fs"
	"testing"
	"testing/fstest"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/pg"
	"devtrail.dev/kit/schema"
	"devtrail.dev/services/migrations"
)

// TestEveryServicesFilesApplyStepByStep brings the real databases of the suite, on both event stores, from empty to the head one file at a time.
// After each step a build that carries just these files must find its database ready, and the newest build must not before the last.
func TestEveryServicesFilesApplyStepByStep(t *testing.T) {
	for _, events := range bothEngines {
		t.Run("events on "+events.String(), func(t *testing.T) {
			s := newSite(t)
			targets := migrations.Targets(events, s.prefix)
			s.bring(t) // the ledger
			for step := 1; ; step++ {
				var now []migrations.Target
				last := true
				for _, target := range targets[1:] {
					files, err := schema.Files(target.Files)
					require.NoError(t, err)
					if step < len(files) {
						last = false
						target.Files = firstFiles(t, target.Files, files, step)
					}
					now = append(now, target)
				}
				s.bring(t, now...)
				for i, target := range now {
					require.NoError(t, s.ready(t, target, target.Files), "%s after step %d", target.Name, step)
					full := targets[i+1].Files
					if head, err := schema.Head(full); err != nil || head != headOf(t, target.Files) {
						require.ErrorIs(t, s.ready(t, target, full), schema.ErrNotReady, "%s after step %d", target.Name, step)
					}
				}
				if last {
					break
				}
			}
		})
	}
}

func firstFiles(t *testing.T, from fs.FS, files []schema.File, n int) fs.FS {
	t.Helper()
	first := fstest.MapFS{}
	for _, f := range files[:n] {
		text, err := fs.ReadFile(from, f.Name)
		require.NoError(t, err)
		first[f.Name] = &fstest.MapFile{Data: text}
	}
	return first
}

func headOf(t *testing.T, files fs.FS) int64 {
	t.Helper()
	head, err := schema.Head(files)
	require.NoError(t, err)
	return head
}

// ready judges a database as its service does.
func (s *site) ready(t *testing.T, target migrations.Target, files fs.FS) error {
	t.Helper()
	if target.Engine == migrations.Postgres {
		address, err := databaseURL(s.postgresURL, target.Database)
		require.NoError(t, err)
		pool, err := pg.Open(t.Context(), address, pg.Options{MaxConns: 1})
		require.NoError(t, err)
		defer pool.Close()
		return pg.Ready(t.Context(), pool, files)
	}
	applied := map[int64]string{}
	s.onClickHouse(t, target.Database, func(conn clickhouse.Conn) {
		rows, err := conn.Query(t.Context(), schema.ClickHouseApplied)
		require.NoError(t, err)
		defer rows.Close()
		for rows.Next() {
			var version int64
			var checksum string
			require.NoError(t, rows.Scan(&version, &checksum))
			applied[version] = checksum
		}
		require.NoError(t, rows.Err())
	})
	list, err := schema.Files(files)
	require.NoError(t, err)
	return schema.Judge(applied, list).Err()
}
