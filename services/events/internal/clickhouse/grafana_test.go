package clickhouse

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/dbtest"
	"devtrail.dev/services/events"
	eventsmigrations "devtrail.dev/services/events/migrations"
)

// dashboard is the part of a Grafana dashboard that asks the database.
type dashboard struct {
	Panels []struct {
		Title   string
		Targets []struct{ RawSQL string }
	}
	Templating struct {
		List []struct{ Name, Type, Query string }
	}
}

// grafana are its macros and the variables of the dashboards, as it would write them.
var grafana = []struct {
	macro *regexp.Regexp
	sql   string
}{
	{regexp.MustCompile(`\$__timeFilter\((\w+)\)`), "$1 >= toDateTime('2026-01-01 00:00:00') AND $1 <= toDateTime('2027-01-01 00:00:00')"},
	{regexp.MustCompile(`\$__timeInterval\((\w+)\)`), "toStartOfInterval(toDateTime($1), INTERVAL 3600 second)"},
	{regexp.MustCompile(`\$\{organization\}`), org.String()},
	{regexp.MustCompile(`\$\{package:sqlstring\}`), "'pkg:npm/x'"},
}

// TestTheDashboardsQueriesRun runs every query of deploy/grafana on the schema, with an event in it.
func TestTheDashboardsQueriesRun(t *testing.T) {
	t.Parallel()
	s := reopen(t, dbtest.ClickHouse(t, eventsmigrations.ClickHouse()))
	_, err := s.Append(t.Context(), org, years(t, 0, 3))
	require.NoError(t, err)
	_, err = s.List(t.Context(), org, events.ListQuery{Range: events.AllTime, Limit: 1}) // so that the query log has something
	require.NoError(t, err)
	require.NoError(t, s.conn.Exec(t.Context(), "SYSTEM FLUSH LOGS"), "the query log is made when it is first written")
	files, err := filepath.Glob("../../../../deploy/grafana/dashboards/*.json")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		data, err := os.ReadFile(file)
		require.NoError(t, err)
		var d dashboard
		require.NoError(t, json.Unmarshal(data, &d), file)
		require.NotEmpty(t, d.Panels, file)
		for _, variable := range d.Templating.List {
			if variable.Type == "query" {
				s.runs(t, file, variable.Name, variable.Query)
			}
		}
		for _, panel := range d.Panels {
			for _, target := range panel.Targets {
				s.runs(t, file, panel.Title, target.RawSQL)
			}
		}
	}
}

func (s *Store) runs(t *testing.T, file, title, sql string) {
	t.Helper()
	for _, m := range grafana {
		sql = m.macro.ReplaceAllString(sql, m.sql)
	}
	require.NotContains(t, sql, "$", "%s, %s: a macro that the test does not know", file, title)
	rows, err := s.conn.Query(t.Context(), sql)
	require.NoError(t, err, "%s, %s: %s", file, title, sql)
	for rows.Next() {
	}
	require.NoError(t, rows.Err(), "%s, %s", file, title)
	require.NoError(t, rows.Close())
}
