package lint_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"devtrail.dev/services/migrations/lint"
)

func TestAFileThatTheServiceRefusesForItsHeaderIsNotPassed(t *testing.T) {
	for sql, want := range map[string]string{
		"-- devtrail: contrakt\nSELECT 1;":                                                          `header "-- devtrail: contrakt": "contrakt" is not known`,
		"-- devtrail: Background\nSELECT 1;":                                                        `"Background" is not known`,
		"-- devtrail: soak 1h\nSELECT 1;":                                                           `without "-- devtrail: contract"`,
		"-- devtrail: background\n-- devtrail: after x\nSELECT 1;":                                  "after x",
		"-- +goose Down\nSELECT 1;":                                                                 "behind +goose Up",
		"-- devtrail:ignore header-refused it is known\n\n-- devtrail: contrakt\nSELECT 1;":         "contrakt",
		"-- devtrail: backfill orders\n-- devtrail: batch 100\nUPDATE orders SET a = 1 WHERE b = 1": "",
		"-- devtrail: background\nSELECT 1;":                                                        "",
		"SELECT '\n-- devtrail: contrakt';":                                                         "",
	} {
		found := lintOne(t, sql)
		if want == "" {
			require.Empty(t, of(found, "header-refused"), sql)
			continue
		}
		refused := of(found, "header-refused")
		require.Len(t, refused, 1, sql)
		require.Contains(t, refused[0].Message, want)
		require.True(t, lint.Failing(refused), sql)
	}
}
