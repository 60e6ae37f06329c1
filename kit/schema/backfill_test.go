package schema_test

import (
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/schema"
)

func backfills(name, text string) ([]schema.Backfill, error) {
	return schema.Backfills(fstest.MapFS{
		"0001_a.sql":            {Data: []byte("SELECT 1;")},
		"0002_b.sql":            {Data: []byte("SELECT 2;")},
		"backfills/README.md":   {Data: []byte("x")},
		"backfills/old/0009.go": {Data: []byte("x")},
		"backfills/" + name:     {Data: []byte(text)},
	})
}

func TestBackfills(t *testing.T) {
	t.Parallel()
	got, err := backfills("0002_b_color.sql", "-- Why.\n-- devtrail: backfill app.things\nUPDATE things SET a = 1 FROM batch\r\n")
	require.NoError(t, err)
	require.Len(t, got, 1)
	assert.Len(t, got[0].Checksum, 64)
	got[0].Checksum = ""
	assert.Equal(t, schema.Backfill{
		Name: "0002_b_color", Table: "app.things", After: 2, Batch: 1000, Latency: 100 * time.Millisecond,
		SQL: "-- Why.\n-- devtrail: backfill app.things\nUPDATE things SET a = 1 FROM batch\n",
	}, got[0])

	got, err = backfills("0900_b.sql", "-- devtrail: backfill things\n-- devtrail: after 0001\n-- devtrail: batch 20\n-- devtrail: latency 1s\nSELECT 1")
	require.NoError(t, err)
	assert.Equal(t, []any{int64(1), 20, time.Second}, []any{got[0].After, got[0].Batch, got[0].Latency})

	none, err := schema.Backfills(fstest.MapFS{"0001_a.sql": {Data: []byte("SELECT 1;")}})
	require.NoError(t, err)
	assert.Empty(t, none)
}

func TestBackfillsAreRefusedByName(t *testing.T) {
	t.Parallel()
	const table = "-- devtrail: backfill things\n"
	for text, want := range map[string]string{
		"UPDATE things SET a = 1":                   `has no "-- devtrail: backfill TABLE"`,
		"-- devtrail: backfill Things; DROP\n":      "name of a table",
		table + "-- devtrail: batch 9\n":            "between 10 and 50000",
		table + "-- devtrail: batch many\n":         "batch many",
		table + "-- devtrail: latency 100\n":        "latency 100",
		table + "-- devtrail: latency 1h\n":         "between 1ms and 1m0s",
		table + "-- devtrail: after 0003\n":         "follows version 0003",
		table + "-- devtrail: contract\n":           `"contract" is not known`,
		table + "-- devtrail: after first\nSELECT;": "after first",
	} {
		_, err := backfills("0002_b.sql", text)
		require.ErrorContains(t, err, want, text)
		require.ErrorContains(t, err, `backfill "0002_b.sql"`, text)
	}
	_, err := backfills("2_b.sql", table)
	require.ErrorContains(t, err, "NNNN_name.sql")
	_, err = backfills("0007_b.sql", table)
	require.ErrorContains(t, err, "follows version 0007")
}
