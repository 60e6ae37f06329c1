package runner

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"devtrail.dev/services/migrations"
)

func TestOpenRefusesFilesThatCannotBeRun(t *testing.T) {
	s := &site{postgresURL: "postgres://localhost/x", prefix: "p_"}
	cases := []struct{ name, text, want string }{
		{"transaction control", "CREATE TABLE t ();\nCOMMIT;", "0001_x.sql line 2: COMMIT"},
		{"open quote", "SELECT 'a", "the string is not closed"},
		{"no statement", "-- nothing", "no statement"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			target := s.target("pg", migrations.Postgres, map[string]string{"0001_x.sql": c.text})
			_, err := Open(t.Context(), []migrations.Target{s.ledger(), target}, Deps{PostgresURL: s.postgresURL, Now: time.Now}, Config{})
			require.ErrorContains(t, err, c.want)
			require.True(t, strings.HasPrefix(err.Error(), "pg: "), err.Error())
		})
	}
	bad := s.target(`x"; DROP`, migrations.Postgres, pgFiles)
	_, err := Open(t.Context(), []migrations.Target{bad}, Deps{PostgresURL: s.postgresURL, Now: time.Now}, Config{})
	require.ErrorContains(t, err, "database name")
	_, err = Open(t.Context(), []migrations.Target{s.target("pg", migrations.Postgres, pgFiles)}, Deps{PostgresURL: s.postgresURL, Now: time.Now}, Config{})
	require.ErrorContains(t, err, "no ledger")
	_, err = Open(t.Context(), []migrations.Target{s.ledger(), s.target("ch", migrations.ClickHouse, chFiles)}, Deps{PostgresURL: s.postgresURL, Now: time.Now}, Config{})
	require.ErrorContains(t, err, "ClickHouse")
}
