package clickhouse

import (
	"context"
	"flag"
	"maps"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/dbtest"
	"devtrail.dev/kit/schema"
	"devtrail.dev/services/events"
	"devtrail.dev/services/events/catalog"
	"devtrail.dev/services/events/insight"
	eventsmigrations "devtrail.dev/services/events/migrations"
	"devtrail.dev/services/events/storetest"
)

var update = flag.Bool("update", false, "write reads.txt anew")

const readsHead = "# The columns that the SQL of this package uses, as the server's own record of its queries has them. Written by tools/generate; do not edit.\n"

// inserted finds the columns of an insert, which the server's record does not have.
var inserted = regexp.MustCompile(`^INSERT INTO (\w+) \(([^)]*)\)`)

// seen returns the columns that queries on the databases used, as the server recorded them.
func seen(t *testing.T, databases ...string) []string {
	t.Helper()
	ctx := context.WithoutCancel(t.Context()) // also at the end of a test
	options, err := clickhouse.ParseDSN(dbtest.ClickHouseServer(t))
	require.NoError(t, err)
	conn, err := clickhouse.Open(options)
	require.NoError(t, err)
	defer func() { require.NoError(t, conn.Close()) }()
	require.NoError(t, conn.Exec(ctx, "SYSTEM FLUSH LOGS query_log"))
	rows, err := conn.Query(ctx, `
SELECT
    query,
    columns
FROM system.query_log
WHERE hasAny(databases, ?)
    AND type = 'QueryFinish'
    AND position(client_name, 'events-test') > 0`, databases)
	require.NoError(t, err)
	defer func() { require.NoError(t, rows.Close()) }()
	all := map[string]bool{}
	for rows.Next() {
		var query string
		var columns []string
		require.NoError(t, rows.Scan(&query, &columns))
		if m := inserted.FindStringSubmatch(query); m != nil {
			for column := range strings.SplitSeq(m[2], ",") {
				all[m[1]+"."+strings.TrimSpace(column)] = true
			}
		}
		for _, c := range columns {
			database, use, _ := strings.Cut(c, ".")
			if slices.Contains(databases, database) && !strings.HasPrefix(use, schema.HistoryTable+".") {
				all[use] = true
			}
		}
	}
	require.NoError(t, rows.Err())
	return slices.Sorted(maps.Keys(all))
}

func databaseOf(t *testing.T, address string) string {
	t.Helper()
	u, err := url.Parse(address)
	require.NoError(t, err)
	return strings.TrimPrefix(u.Path, "/")
}

// TestReadsAreCurrent asks everything that the store can be asked, in every shape that uses other columns. That nothing is forgotten is seen by
// TestStore, which compares what the server saw of the whole suite.
func TestReadsAreCurrent(t *testing.T) {
	t.Parallel()
	address := dbtest.ClickHouse(t, eventsmigrations.ClickHouse())
	s := reopen(t, address)
	ask := func(f events.Filter) {
		_, err := s.List(t.Context(), org, events.ListQuery{Filter: f, Range: events.AllTime, After: &events.Position{OccurredAt: noon.AddDate(1, 0, 0)}, Limit: 10})
		require.NoError(t, err)
		for _, versions := range [][]string{nil, {"1"}} {
			q := query
			q.Versions = versions
			_, err = s.Exposure(t.Context(), org, q)
			require.NoError(t, err)
		}
	}
	all := events.Filter{
		Names: []string{"a"}, DeveloperIDs: []uuid.UUID{org}, Projects: []string{"a"}, SourceKinds: []events.SourceKind{events.SourceGit}, Tools: []string{"a"},
		Machines: []string{"a"}, Packages: []events.PackageVersion{{Package: "pkg:npm/x"}, {Package: "pkg:npm/x", Version: "1"}},
	}
	attempts := 0
	s.between = func() error { // one block is cut, and completed later
		if attempts++; attempts == 1 {
			return errKilled
		}
		return nil
	}
	_, err := s.Append(t.Context(), org, years(t, 0, 3))
	require.ErrorIs(t, err, errKilled)
	_, err = s.Append(t.Context(), org, years(t, 0, 4))
	require.NoError(t, err)
	for _, f := range []events.Filter{{}, all} {
		ask(f)
	}
	identity := events.Identity{Kind: 1, Value: "a@example.com"}
	require.NoError(t, s.Reassign(t.Context(), org, []events.Reassignment{{Identity: identity}, {Identity: identity, DeveloperID: org, Sequence: 1, Birth: true}}))
	require.NoError(t, s.Reassign(t.Context(), org, []events.Reassignment{{Identity: identity, DeveloperID: org, Sequence: 2, Birth: true}}))
	for _, f := range []events.Filter{{}, all} {
		ask(f)
	}
	askInsights(t, s)
	_, err = s.Pending(t.Context())
	require.NoError(t, err)
	of := years(t, 10, 1)
	of[0].Actor = identity
	_, err = s.Append(t.Context(), org, of)
	require.NoError(t, err)
	_, err = s.Fold(t.Context(), 10)
	require.NoError(t, err)
	_, err = s.Append(t.Context(), org, years(t, 20, 1))
	require.NoError(t, err)
	_, err = s.PrivacyRules(t.Context())
	require.NoError(t, err)
	require.NoError(t, s.SetPrivacyRules(t.Context(), 0, events.Privacy{Organization: org, Revision: 1}))
	letter := events.DeadLetter{ID: org, Name: "a", FailedAt: noon, ReceivedAt: noon}
	require.NoError(t, s.AddDeadLetters(t.Context(), org, []events.DeadLetter{letter}))
	_, err = s.ListDeadLetters(t.Context(), org, nil, 1)
	require.NoError(t, err)
	require.NoError(t, s.RemoveDeadLetter(t.Context(), org, org))
	askCatalog(t, s)
	require.NoError(t, s.SetSequence(t.Context(), 1))
	_, err = s.Sequence(t.Context())
	require.NoError(t, err)

	want := readsHead + strings.Join(seen(t, databaseOf(t, address)), "\n") + "\n"
	if *update {
		require.NoError(t, os.WriteFile("reads.txt", []byte(want), 0o600))
		return
	}
	require.Equal(t, want, reads, "reads.txt is stale; run tools/generate")
}

// askInsights asks in the shapes that use other columns: of each unit, with properties of events and developers.
func askInsights(t *testing.T, s *Store) {
	require.NoError(t, s.SetDeveloperProperties(t.Context(), org, []insight.DeveloperProperties{{DeveloperID: org, Properties: "{}", Revision: 1}}))
	_, _, err := s.Earliest(t.Context(), org)
	require.NoError(t, err)
	for _, by := range []insight.Unit{insight.Developers, insight.Machines, insight.Projects, insight.Packages} {
		q := insight.SequenceQuery{
			Question: insight.Question{Range: events.AllTime, By: by}, All: true, Names: true, Keys: []string{"a"}, DeveloperKeys: []string{"b"},
		}
		require.NoError(t, s.Sequences(t.Context(), org, q, func(insight.Sequence) error { return nil }))
	}
}

// askCatalog asks everything of the catalog.
func askCatalog(t *testing.T, s *Store) {
	require.NoError(t, s.PutItem(t.Context(), org, catalog.Item{Kind: catalog.Action, ID: org, Revision: 1, CreatedAt: noon, UpdatedAt: noon}))
	_, err := s.Item(t.Context(), org, catalog.Action, org)
	require.NoError(t, err)
	_, err = s.Items(t.Context(), org, catalog.Action, catalog.Place{}, 1)
	require.NoError(t, err)
	require.NoError(t, s.Learn(t.Context(), org, []catalog.LearnedDay{{}}))
	_, err = s.Learned(t.Context(), org)
	require.NoError(t, err)
	_, err = s.LearnedDays(t.Context(), org)
	require.NoError(t, err)
	storetest.Promote(t, s, org, "a")
	_, err = s.Promoting(t.Context())
	require.NoError(t, err)
	for slot := range catalog.Slots {
		_, _, err = s.PromotedRows(t.Context(), org, catalog.Promoted{Slot: slot + 1})
		require.NoError(t, err)
	}
	_, err = s.CohortMembers(t.Context(), org, &insight.Cohort{}, insight.ActorPage{Limit: 1})
	require.NoError(t, err)
}
