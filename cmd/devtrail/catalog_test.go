package main

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
)

// catalog runs a command of the catalog that must succeed.
func catalog(t *testing.T, s *services, args ...string) string {
	t.Helper()
	out, err := devtrail(t, at(s, append([]string{"catalog"}, args...)...)...)
	require.NoError(t, err, "%v", args)
	return out
}

func TestDefinitionsAreListedAndDescribed(t *testing.T) {
	home(t)
	s := startServices(t)
	require.Equal(t, `EVENT   COUNT  FIRST SEEN        LAST SEEN         STATE     DESCRIPTION
a.seen  3      2026-01-01 00:00  2026-01-01 00:00  verified  seen
b.seen  1      -                 -                 -         -
`, catalog(t, s, "events"))
	require.Equal(t, `PROPERTY  TYPES  COUNT  LAST SEEN  STATE   EXAMPLE  DESCRIPTION
tool      text   3      -          hidden  npm      -
`, catalog(t, s, "properties"))
	require.Contains(t, catalog(t, s, "event", "a.seen", "--description", "x", "--verified=false"), "a.seen")
	require.Equal(t, []string{"description", "verified"}, s.catalog.notes[0].GetUpdateMask().GetPaths())
	_, err := devtrail(t, at(s, "catalog", "event", "a.seen")...)
	require.ErrorContains(t, err, "nothing to change")
}

func TestCohortsAreSavedAndShown(t *testing.T) {
	home(t)
	s := startServices(t)
	require.Equal(t, "No cohorts.\n", catalog(t, s, "cohorts", "list"))
	catalog(t, s, "cohorts", "create", "ada", "--developer", "ada@example.org", "--description", "her alone")
	catalog(t, s, "cohorts", "create", "payments", "--where", "team=payments")
	require.Equal(t, []string{adaID}, s.catalog.cohorts[0].GetDefinition().GetStatic().GetDeveloperIds())
	require.Equal(t, eventsv1.PropertyScope_PROPERTY_SCOPE_DEVELOPER, s.catalog.cohorts[1].GetDefinition().GetDynamic().GetAnyOf()[0].GetProperties()[0].GetScope())
	list := catalog(t, s, "cohorts", "list")
	require.Regexp(t, `(?m)^ada +[0-9a-f-]{36}  2026-01-01 00:00  her alone$`, list)
	require.Contains(t, list, "payments")
	require.JSONEq(t, catalog(t, s, "cohorts", "show", "ada"), catalog(t, s, "cohorts", "show", s.catalog.cohorts[0].GetId(), "--json"))
	require.Contains(t, catalog(t, s, "cohorts", "members", "ada"), "Not computed yet")
	require.Equal(t, "1 member, computed 2026-01-01 00:00\nDEVELOPER     ID\nAda Lovelace  "+adaID+"\n", catalog(t, s, "cohorts", "members", "ada", "--recompute"))
	catalog(t, s, "cohorts", "delete", "payments")
	require.Len(t, s.catalog.cohorts, 1)
	_, err := devtrail(t, at(s, "catalog", "cohorts", "show", "payments")...)
	require.ErrorContains(t, err, `no cohort has the name or the id "payments"`)
	_, err = devtrail(t, at(s, "catalog", "cohorts", "create", "none")...)
	require.ErrorContains(t, err, "--developer, --where or --file")
}

func TestActionsAreMadeOfNamesAndFilters(t *testing.T) {
	home(t)
	s := startServices(t)
	catalog(t, s, "actions", "create", "installs", "--event", "a", "--event", "b", "--where", "tool=npm")
	steps := s.catalog.actions[0].GetDefinition().GetSteps()
	require.Len(t, steps, 2)
	require.Equal(t, "npm", steps[1].GetProperties()[0].GetValues()[0])
	_, err := devtrail(t, at(s, "catalog", "actions", "delete", "installs")...)
	require.ErrorContains(t, err, "in use")
}

func TestASavedInsightIsAsked(t *testing.T) {
	home(t)
	s := startServices(t)
	require.NoError(t, os.WriteFile("trends.json", []byte(`{"trends": {"series": [{"eventName": "a.seen"}], "interval": "INTERVAL_MONTH"}}`), 0o600))
	require.NoError(t, os.WriteFile("funnel.json", []byte(`{"funnel": {"steps": [{"eventName": "a.seen"}, {"eventName": "b.seen"}]}}`), 0o600))
	catalog(t, s, "insights", "create", "seen", "--file", "trends.json")
	catalog(t, s, "insights", "create", "way", "--file", "funnel.json")
	_, err := devtrail(t, at(s, "catalog", "insights", "create", "none")...)
	require.ErrorContains(t, err, "give --file")

	ask := func(args ...string) string {
		out, err := devtrail(t, at(s, append([]string{"query", "--saved"}, args...)...)...)
		require.NoError(t, err)
		return out
	}
	require.Equal(t, "a.seen events: 2 in all\n2026-01  2  ########################################\n", ask("seen"))
	require.Contains(t, ask("way"), "b.seen")
	require.Contains(t, ask("seen", "--csv"), "0,,current,2026-01,2")
	require.True(t, json.Valid([]byte(ask("seen", "--json"))))
	_, err = devtrail(t, at(s, "query", "--saved", "nothing")...)
	require.ErrorContains(t, err, `no insight has the name or the id "nothing"`)
	out, err := devtrail(t, "query")
	require.NoError(t, err)
	require.Contains(t, out, "--saved")
}

func TestInternalFiltersAreSet(t *testing.T) {
	home(t)
	s := startServices(t)
	catalog(t, s, "internal", "--where", "env!=test")
	require.Equal(t, eventsv1.PropertyOperator_PROPERTY_OPERATOR_IS_NOT, s.catalog.internal.GetProperties()[0].GetOperator())
	require.Contains(t, catalog(t, s, "internal"), `"env"`)
	catalog(t, s, "internal", "--clear")
	require.Empty(t, s.catalog.internal.GetProperties())
	_, err := devtrail(t, at(s, "query", "trends", "a", "--exclude-internal")...)
	require.NoError(t, err)
	require.True(t, s.trends[0].GetExcludeInternal())
}

func TestPropertiesArePromotedAndDemoted(t *testing.T) {
	home(t)
	s := startServices(t)
	require.Equal(t, "0 of 16 promoted.\n", catalog(t, s, "promotions", "list"))
	require.Equal(t, "PROPERTY  QUERIES  TOOK  READ BYTES\nteam      12       3.4s  5000000\n", catalog(t, s, "promotions", "suggest", "--days", "30"))
	require.EqualValues(t, 30, s.catalog.days)
	require.Contains(t, catalog(t, s, "promotions", "suggest", "--days", "1"), "No question")
	require.Equal(t, "PROPERTY  STATE        FILLED  SINCE\nteam      backfilling  40%     2026-01-01 00:00\n", catalog(t, s, "promotions", "add", "team"))
	require.True(t, json.Valid([]byte(catalog(t, s, "promotions", "remove", "team", "--json"))))
	require.Equal(t, "PROPERTY  STATE     FILLED  SINCE\nteam      removing  40%     2026-01-01 00:00\n1 of 16 promoted.\n", catalog(t, s, "promotions", "list"))
	_, err := devtrail(t, at(s, "catalog", "promotions", "remove", "tool")...)
	require.ErrorContains(t, err, "not promoted")
}
