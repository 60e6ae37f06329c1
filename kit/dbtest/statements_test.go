package dbtest

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestStatements(t *testing.T) {
	for _, c := range []struct {
		name, sql string
		want      []string
	}{
		{"none", " -- only; a comment\n;; /* ; */ ", nil},
		{"two", "SELECT 1; SELECT 2", []string{"SELECT 1", "SELECT 2"}},
		{"comment before", "-- why\nSELECT 1;", []string{"-- why\nSELECT 1"}},
		{"text", "SELECT ';', 'it''s;', E'a\\';b';x", []string{"SELECT ';', 'it''s;', E'a\\';b'", "x"}},
		{"identifier", `SELECT "a;""b";`, []string{`SELECT "a;""b"`}},
		{"dollars", "DO $$ a; b $$; DO $x$ $$ ; $x$;", []string{"DO $$ a; b $$", "DO $x$ $$ ; $x$"}},
		{"parameter", "SELECT $1; SELECT 2", []string{"SELECT $1", "SELECT 2"}},
	} {
		t.Run(c.name, func(t *testing.T) { require.Equal(t, c.want, statements(c.sql)) })
	}
}
