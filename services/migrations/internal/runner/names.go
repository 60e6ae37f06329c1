package runner

import (
	"strings"

	"devtrail.dev/services/migrations/internal/sqlsplit"
)

// identifier is a name as it may stand in spaced text, quoted or not; qualified is one that may have a schema.
const (
	identifier = `(?:"(?:[^"]|"")+"|[a-z_\x80-\x{10ffff}][\w$\x80-\x{10ffff}]*)`
	qualified  = identifier + `(?: \. ` + identifier + `)?`
)

// spaced returns the pieces of a statement parted by one blank each, without its comments, so that an expression can look for words and names.
func spaced(text string) string {
	tokens, _ := sqlsplit.Tokens(text, sqlsplit.Postgres)
	var pieces []string
	for _, t := range tokens {
		if t.Kind != sqlsplit.Blank {
			pieces = append(pieces, t.Text)
		}
	}
	return strings.Join(pieces, " ")
}
