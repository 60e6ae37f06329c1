package lint_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"devtrail.dev/services/migrations/lint"
)

func TestContractFilesNameWhatTheyTakeAway(t *testing.T) {
	const header = "-- devtrail: contract\n-- devtrail: no-reader orders.note\n-- devtrail: soak 1h\n\n"
	cases := []struct {
		name, sql  string
		complaints []string
	}{
		{"named", header + "ALTER TABLE orders DROP COLUMN note;", nil},
		{"named by its table", strings.Replace(header, "note", "*", 1) + "ALTER TABLE shop.orders DROP COLUMN note, ALTER state DROP NOT NULL;", nil},
		{"another column", header + "ALTER TABLE orders DROP COLUMN state, DROP COLUMN note, DROP COLUMN total;", []string{"contract-without-no-reader: the statement takes orders.state, orders.total away, and the header does not wait for its readers"}},
		{"the whole table", header + "DROP TABLE orders;", []string{"contract-without-no-reader: the statement takes orders.* away, and the header does not wait for its readers"}},
		{"no-reader missing", "-- devtrail: contract\nALTER TABLE orders RENAME note TO remark;", []string{"contract-without-no-reader: the statement takes orders.note away, and the header does not wait for its readers"}},
		{"an object without such a name", header + "DROP FUNCTION f(); ALTER TABLE orders DROP COLUMN note;", nil},
		{"nothing to take away", header + "ALTER TABLE orders ADD COLUMN b bigint;", []string{"contract-without-need: no statement of the file takes anything away, so nothing has to wait"}},
		{"more is demanded", header + "ALTER TABLE orders ALTER note SET NOT NULL;", nil},
		{"excused", "-- devtrail:ignore contract-without-need it is the end of a series\n" + header + "ALTER TABLE orders ADD COLUMN b bigint;", nil},
		{"no header", "ALTER TABLE orders DROP COLUMN note;", nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var complaints []string
			for _, f := range lintOne(t, c.sql) {
				if strings.HasPrefix(f.Rule, "contract-") && !f.Suppressed {
					complaints = append(complaints, f.Rule+": "+f.Message)
					require.NotEmpty(t, f.Alternative)
				}
				require.NotEqual(t, "unused-ignore", f.Rule, f.Message)
			}
			require.Equal(t, c.complaints, complaints)
		})
	}
}

func TestNoCommentOpensAGate(t *testing.T) {
	const header = "-- devtrail: contract\n-- devtrail: no-reader orders.note\n\n"
	for sql, ignored := range map[string]string{
		"-- devtrail:ignore ban-drop-column never written\nALTER TABLE orders DROP COLUMN state;":                     "ban-drop-column",
		header + "-- devtrail:ignore ban-drop-column never written\nALTER TABLE orders DROP COLUMN state;":            "ban-drop-column",
		header + "-- devtrail:ignore contract-without-no-reader never written\nALTER TABLE orders DROP COLUMN state;": "contract-without-no-reader",
	} {
		found := lintOne(t, sql)
		hit := of(found, ignored)
		require.Len(t, hit, 1, sql)
		require.False(t, hit[0].Suppressed, sql)
		if strings.HasPrefix(sql, header) {
			require.Len(t, of(found, "contract-without-no-reader"), 1, sql)
		}
		vain := of(found, "unused-ignore")
		require.Len(t, vain, 1, sql)
		require.Contains(t, vain[0].Message, "no comment suppresses "+ignored)
	}
}

func TestAGateWithoutContractTellsTheHeader(t *testing.T) {
	found := of(lintOne(t, "ALTER TABLE shop.orders DROP COLUMN note, DROP COLUMN state;"), "ban-drop-column")
	require.Len(t, found, 1)
	require.Equal(t, []string{"orders.note", "orders.state"}, found[0].Objects)
	require.Contains(t, found[0].Alternative, "\n-- devtrail: contract\n-- devtrail: no-reader orders.note\n-- devtrail: no-reader orders.state\n-- devtrail: soak 24h")
	require.Contains(t, of(lintOne(t, "DROP TYPE mood"), "drop-type")[0].Alternative, "-- devtrail: no-reader table.column")
}

func TestClickHouseContractFiles(t *testing.T) {
	rules := func(sql string) []string {
		found, err := lint.Lint(lint.ClickHouse, nil, []lint.File{{Name: "a.sql", SQL: sql}}, lint.Options{})
		require.NoError(t, err)
		var names []string
		for _, f := range found {
			if strings.HasPrefix(f.Rule, "contract-") {
				names = append(names, f.Rule)
			}
		}
		return names
	}
	const header = "-- devtrail: contract\n-- devtrail: no-reader hits.agent\n\n"
	require.Empty(t, rules(header+"ALTER TABLE hits ON CLUSTER c DROP COLUMN IF EXISTS agent"))
	require.Equal(t, []string{"contract-without-no-reader"}, rules(header+"ALTER TABLE db.hits DROP COLUMN IF EXISTS url"))
	require.Equal(t, []string{"contract-without-no-reader"}, rules(header+"DROP TABLE IF EXISTS hits SYNC"))
	require.Equal(t, []string{"contract-without-need"}, rules(header+"ALTER TABLE hits ADD COLUMN IF NOT EXISTS url String"))
}

func TestColumnsCountCharacters(t *testing.T) {
	found := of(lintOne(t, "SELECT '\u00e9\u00e9\U0001F600'; "+unindexed), "require-concurrent-index-creation")
	require.Len(t, found, 1)
	require.Equal(t, 15, found[0].Column)
}
