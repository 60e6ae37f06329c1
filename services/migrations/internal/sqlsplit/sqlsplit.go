// Package sqlsplit cuts the text of a migration file into its statements, by the lexical rules of the engine that will run them.
// The runner needs it wherever a statement must be sent alone: ClickHouse, files without a transaction, and messages that name a line.
package sqlsplit

import (
	"fmt"
	"strings"
)

// Dialect says whose lexical rules hold.
type Dialect uint8

// The dialects.
const (
	// Postgres follows PostgreSQL with standard_conforming_strings on, and psql in what a semicolon ends.
	Postgres Dialect = iota
	// ClickHouse follows ClickHouse. Data behind INSERT ... FORMAT is not understood: it does not belong in a migration.
	ClickHouse
)

// Statement is one statement of a file.
type Statement struct {
	// Text is the statement without the semicolon and without blanks and comments before and behind it.
	Text string
	// Line is the line of the file, from 1, on which Text begins.
	Line int
}

// Keyword returns the first word of the statement in upper case, "" when it does not begin with one.
func (s Statement) Keyword() string {
	words := s.Words(1)
	if len(words) == 0 {
		return ""
	}
	return words[0]
}

// Error says that a quote or comment is not closed.
type Error struct {
	// Line is the line, from 1, on which the open thing begins.
	Line int
	// What is the open thing.
	What string
}

// Error returns the sentence.
func (e *Error) Error() string { return fmt.Sprintf("line %d: %s is not closed", e.Line, e.What) }

// Split returns the statements of sql in order; pieces without anything but blanks and comments are left out.
// What stands between the lines "-- +goose StatementBegin" and "-- +goose StatementEnd" is one statement whatever semicolons it has.
// The error is an *Error.
func Split(sql string, dialect Dialect) ([]Statement, error) {
	lex := lexer{src: sql, dialect: dialect}
	var statements []Statement
	var body block
	whole := false // between the marks of goose
	start, end := -1, -1
	finish := func() {
		if start >= 0 {
			statements = append(statements, Statement{Text: sql[start:end], Line: line(sql, start)})
		}
		start, end, body = -1, -1, block{}
	}
	for lex.pos < len(sql) {
		from := lex.pos
		kind, err := lex.next()
		if err != nil {
			return nil, err
		}
		switch {
		case kind == blank:
			if begin, ok := gooseMark(sql, from, lex.pos); ok {
				finish()
				whole = begin
			}
			continue
		case kind == semicolon && whole:
			continue // one that ends the text is not taken along
		case kind == semicolon && (dialect != Postgres || !body.open()):
			finish()
			continue
		case dialect == Postgres:
			body.see(kind, sql[from:lex.pos])
		}
		if start < 0 {
			start = from
		}
		end = lex.pos
	}
	finish()
	return statements, nil
}

// Words returns the first n words of a Postgres or ClickHouse statement in upper case, passing over comments; it stops at the first thing that is not a word.
func (s Statement) Words(n int) []string {
	lex := lexer{src: s.Text, dialect: Postgres}
	var words []string
	for lex.pos < len(s.Text) && len(words) < n {
		from := lex.pos
		kind, err := lex.next()
		if err != nil || (kind != blank && kind != word) {
			break
		}
		if kind == word {
			words = append(words, strings.ToUpper(s.Text[from:lex.pos]))
		}
	}
	return words
}

func line(sql string, pos int) int { return strings.Count(sql[:pos], "\n") + 1 }
