package sqlsplit

import "strings"

// block knows whether a semicolon of Postgres stands inside a statement, by the rules of psql: in parentheses (CREATE RULE ... DO (a; b)),
// and in the body of a function written as BEGIN ATOMIC ... END, where CASE has an END of its own.
type block struct {
	depth int      // open parentheses
	begin int      // open BEGIN and CASE
	words []string // the first words, upper case, at most four
}

func (b *block) open() bool { return b.depth > 0 || b.begin > 0 }

func (b *block) see(k kind, text string) {
	switch k {
	case open:
		b.depth++
	case shut:
		b.depth = max(0, b.depth-1)
	case word:
		b.seeWord(strings.ToUpper(text))
	}
}

func (b *block) seeWord(w string) {
	if len(b.words) < 4 {
		b.words = append(b.words, w)
	}
	if b.depth > 0 || !b.routine() {
		return
	}
	switch {
	case w == "BEGIN":
		b.begin++
	case w == "CASE" && b.begin > 0:
		b.begin++
	case w == "END" && b.begin > 0:
		b.begin--
	}
}

// routine reports whether the statement makes a function or a procedure.
func (b *block) routine() bool {
	words := b.words
	if len(words) == 0 || words[0] != "CREATE" {
		return false
	}
	words = words[1:]
	if len(words) >= 2 && words[0] == "OR" && words[1] == "REPLACE" {
		words = words[2:]
	}
	return len(words) > 0 && (words[0] == "FUNCTION" || words[0] == "PROCEDURE")
}
