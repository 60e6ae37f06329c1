package schema_test

import (
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/schema"
)

func header(text string) (schema.Header, error) {
	files, err := schema.Files(fstest.MapFS{"0001_a.sql": {Data: []byte(text)}})
	if err != nil {
		return schema.Header{}, err
	}
	return files[0].Header, nil
}

func TestHeader(t *testing.T) {
	for text, want := range map[string]schema.Header{
		"SELECT 1;\n-- devtrail: background":               {},
		"-- Why.\n\n-- devtrail: no-transaction\nSELECT 1": {NoTransaction: true},
		"--devtrail:background\nSELECT 1":                  {Background: true},
		"-- devtrail: contract\n-- devtrail: no-reader a.b\n-- devtrail: no-reader c.*\n-- devtrail: soak 1h30m\n-- devtrail: after 0042\n-- devtrail: after-backfill 0042_b\nSELECT 1": {
			Contract: &schema.Contract{NoReader: []string{"a.b", "c.*"}, Soak: 90 * time.Minute}, After: []int64{42}, AfterBackfills: []string{"0042_b"},
		},
		"-- devtrail: contract\n-- devtrail: no-reader a.b\nSELECT 1":                       {Contract: &schema.Contract{NoReader: []string{"a.b"}, Soak: schema.DefaultSoak}},
		"-- devtrail: contract\n-- devtrail: no-reader a.b\n-- devtrail: soak 0s\nSELECT 1": {Contract: &schema.Contract{NoReader: []string{"a.b"}}},
		"-- devtrail:ignore some-rule because it is new\nSELECT 1":                          {},
	} {
		got, err := header(text)
		require.NoError(t, err, text)
		assert.Equal(t, want, got, text)
	}
	for text, want := range map[string]string{
		"-- devtrail: contrakt\n":                           `"contrakt" is not known`,
		"-- devtrail: Background\nSELECT 1":                 `"Background" is not known`,
		"-- devtrail: no_transaction\n":                     `"no_transaction" is not known`,
		"-- devtrail:\n":                                    `"" is not known`,
		"-- devtrail: contract\n":                           "without",
		"-- devtrail: soak 1h\n":                            "without",
		"-- devtrail: no-reader a.b\n":                      "without",
		"-- devtrail: contract\n-- devtrail: no-reader a\n": "wants table.column",
		"-- devtrail: contract\n-- devtrail: no-reader a.b\n-- devtrail: soak soon": "soak soon",
		"-- devtrail: contract\n-- devtrail: no-reader a.b\n-- devtrail: soak -1h":  "below zero",
		"-- devtrail: after 0001\n":                                   "come in order",
		"-- devtrail: background\n-- devtrail: after x\n":             "after x",
		"-- devtrail: background\n-- devtrail: after-backfill ../x\n": "name of a backfill",
	} {
		_, err := header(text)
		require.ErrorContains(t, err, want, text)
		require.ErrorContains(t, err, "0001_a.sql", text)
	}
}

func TestServicesDoNotWaitForContractAndBackgroundFiles(t *testing.T) {
	t.Parallel()
	contract := schema.File{Version: 2, Name: "0002_drop.sql", Checksum: "b", Header: schema.Header{Contract: &schema.Contract{}}}
	background := schema.File{Version: 4, Name: "0004_move.sql", Checksum: "d", Header: schema.Header{Background: true}}
	files := []schema.File{{Version: 1, Checksum: "a"}, contract, {Version: 3, Checksum: "c"}, background}
	v := schema.Judge(map[int64]string{1: "a", 3: "c"}, files)
	require.NoError(t, v.Err())
	assert.Equal(t, []schema.File{contract, background}, v.Later)
	assert.Empty(t, v.OutOfOrder)
	require.ErrorContains(t, schema.Judge(map[int64]string{1: "a", 2: "x", 3: "c"}, files).Err(), "0002_drop.sql was edited")
	require.ErrorContains(t, schema.Judge(map[int64]string{1: "a"}, files).Err(), "needs 0003")
}
