package backfill

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"devtrail.dev/services/migrations"
)

// keys are tables by the kind of their primary key: its definition, and an expression that makes keys at random from n.
var keys = map[string]struct{ columns, key, random string }{
	"bigint":    {"id bigint", "id", "(random() * 1e15)::bigint"},
	"uuid":      {"id uuid", "id", "gen_random_uuid()"},
	"text":      {`id text COLLATE "C"`, "id", "chr(65 + (random() * 60)::integer) || '''' || random()"},
	"collated":  {"id text", "id", "chr(65 + (random() * 60)::integer) || random()"},
	"time":      {"id timestamptz", "id", "now() - random() * interval '9 years'"},
	"float":     {"id double precision", "id", "random() * 1e-7"},
	"bytes":     {"id bytea", "id", "sha256(random()::text::bytea)"},
	"char":      {"id char(40)", "id", "left(md5(random()::text), 5)"},
	"composite": {`a text, "B" integer, c uuid`, `a, "B", c`, "chr(65 + (random() * 3)::integer), (random() * 9)::integer - 5, gen_random_uuid()"},
	"numeric":   {"id numeric", "id", "(random() * 1e9)::numeric / 7"},
}

// TestEveryRowIsDoneOnceUnderWriters lets others insert, change and delete rows while a backfill works, with keys of many kinds.
func TestEveryRowIsDoneOnceUnderWriters(t *testing.T) {
	for name, kind := range keys {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, fmt.Sprintf(`
CREATE TABLE things (%s, old boolean NOT NULL DEFAULT false, other integer NOT NULL DEFAULT 0, done integer NOT NULL DEFAULT 0, PRIMARY KEY (%s));
INSERT INTO things (%s, old) SELECT %s, true FROM generate_series(1, 3000) ON CONFLICT DO NOTHING`, kind.columns, kind.key, kind.key, kind.random))
			fsys := files(map[string]string{"0001_count": fmt.Sprintf(
				"-- devtrail: backfill things\n-- devtrail: batch 40\n-- devtrail: latency 20ms\nUPDATE things AS t SET done = t.done + 1 FROM batch WHERE (%s) = (%s)",
				list(kind.key, "t."), list(kind.key, "batch."))})
			ctx, cancel := context.WithCancel(t.Context())
			var writers sync.WaitGroup
			t.Cleanup(func() {
				cancel()
				writers.Wait()
			})
			for range 3 {
				conn := s.connect(t)
				writers.Go(func() { write(ctx, t, conn, kind.key, kind.random) })
			}
			k := s.open(t, Config{}, fsys)
			run(t, k)
			done := awaitState(t, k, "0001_count", migrations.BackfillDone)
			cancel()
			writers.Wait()
			require.Equal(t, "0", s.value(t, "SELECT count(*) FROM things WHERE old AND done <> 1"), "%+v", done)
			require.Equal(t, "0", s.value(t, "SELECT count(*) FROM things WHERE done > 1"))
			require.NotEqual(t, "0", s.value(t, "SELECT count(*) FROM things WHERE NOT old"), "nobody wrote")
			require.GreaterOrEqual(t, done.RowsDone, int64(1000))
		})
	}
}

// list puts something before each of the columns of a key.
func list(key, before string) string { return before + strings.ReplaceAll(key, ", ", ", "+before) }

func write(ctx context.Context, t *testing.T, conn *pgx.Conn, key, random string) {
	some := fmt.Sprintf("(%s) IN (SELECT %s FROM things TABLESAMPLE SYSTEM (20) LIMIT 3)", key, key)
	for ctx.Err() == nil {
		sql := [...]string{
			fmt.Sprintf("INSERT INTO things (%s) SELECT %s FROM generate_series(1, 3) ON CONFLICT DO NOTHING", key, random),
			"UPDATE things SET other = other + 1 WHERE " + some,
			"DELETE FROM things WHERE " + some,
		}[rand.IntN(3)]
		if _, err := conn.Exec(context.WithoutCancel(ctx), sql); err != nil && !passing(err) {
			assert.NoError(t, err)
			return
		}
	}
}

// TestWritersBeforeTheStartAreWaitedFor has a row that nobody can see when the backfill begins.
func TestWritersBeforeTheStartAreWaitedFor(t *testing.T) {
	t.Parallel()
	s := newSite(t, things(100))
	tx, err := s.connect(t).Begin(t.Context())
	require.NoError(t, err)
	_, err = tx.Exec(t.Context(), "INSERT INTO things VALUES (-7)")
	require.NoError(t, err)
	k := s.open(t, Config{}, files(counting("")))
	run(t, k)
	await(t, k, "pg", "0001_count", func(b migrations.Backfill) bool {
		return b.Message == "waits for 1 transactions that wrote to things before it began"
	})
	require.NoError(t, tx.Commit(t.Context()))
	b := awaitState(t, k, "0001_count", migrations.BackfillDone)
	require.EqualValues(t, 101, b.RowsDone)
	require.Equal(t, "1", s.value(t, "SELECT done FROM things WHERE id = -7"))
}
