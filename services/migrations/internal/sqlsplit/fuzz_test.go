package sqlsplit_test

import (
	"strings"
	"testing"

	"devtrail.dev/services/migrations/internal/sqlsplit"
)

// FuzzSplit holds what must be true of any text: statements are pieces of it in order, nothing but blanks, comments and semicolons
// lies between them, and splitting them again changes nothing.
func FuzzSplit(f *testing.F) {
	for _, seed := range []string{
		"SELECT 1; SELECT 2", "-- a\nSELECT E'a' \n'\\';' ; DO $$;$$", "/*/**/*/x;`a`;# c\n", "CREATE FUNCTION f() BEGIN ATOMIC; END; x", "$a$;$a$", "\u2018;\u2019", "'", "a$b$;$", "(;);)",
		"-- +goose StatementBegin\na; b;\n-- +goose StatementEnd\nc; d",
	} {
		f.Add(seed, true)
		f.Add(seed, false)
	}
	f.Fuzz(func(t *testing.T, sql string, postgres bool) {
		dialect := sqlsplit.ClickHouse
		if postgres {
			dialect = sqlsplit.Postgres
		}
		statements, err := sqlsplit.Split(sql, dialect)
		if err != nil {
			return
		}
		rest := sql
		var texts []string
		for _, s := range statements {
			at := strings.Index(rest, s.Text)
			if at < 0 || s.Text == "" {
				t.Fatalf("statement %q is not in the rest %q", s.Text, rest)
			}
			if first := strings.Split(sql, "\n")[s.Line-1]; !strings.Contains(first, strings.SplitN(s.Text, "\n", 2)[0]) {
				t.Fatalf("line %d is %q, statement %q", s.Line, first, s.Text)
			}
			rest = rest[at+len(s.Text):]
			texts = append(texts, s.Text)
		}
		again, err := sqlsplit.Split(joined(texts, strings.Contains(sql, "+goose")), dialect)
		if err != nil {
			t.Fatalf("split again: %v", err)
		}
		if len(again) != len(texts) {
			t.Fatalf("%d statements became %d: %q", len(texts), len(again), texts)
		}
		for i, s := range again {
			if s.Text != texts[i] {
				t.Fatalf("statement %d was %q, is %q", i, texts[i], s.Text)
			}
		}
	})
}

// joined puts statements together again; with the marks of goose when one of them may have semicolons.
func joined(texts []string, marks bool) string {
	if !marks {
		return strings.Join(texts, "\n;\n")
	}
	var b strings.Builder
	for _, text := range texts {
		b.WriteString("-- +goose StatementBegin\n" + text + "\n-- +goose StatementEnd\n")
	}
	return b.String()
}
