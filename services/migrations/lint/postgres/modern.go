package postgres

import (
	"slices"
	"strings"
)

// edit replaces a piece of a statement.
type edit struct {
	from, to int // bytes
	text     string
}

// translate writes a statement of Postgres 18 in words of 17 that lock, scan and rewrite the same, so that the rules can judge it. It returns
// false when the statement has no such form, or when its effect is not certain.
//
//	GENERATED ALWAYS AS (...) VIRTUAL  -> DEFAULT '': the catalogue only, and no value is stored; with a CHECK where the new column is NOT NULL, which reads all rows
//	ADD CONSTRAINT n NOT NULL c NOT VALID -> ADD CONSTRAINT n CHECK (c IS NOT NULL) NOT VALID
//	ADD CONSTRAINT n NOT NULL c        -> ALTER COLUMN c SET NOT NULL
//	NOT ENFORCED of a table's constraint -> NOT VALID: no row is read
//	ENFORCED, WITHOUT OVERLAPS, PERIOD c, VACUUM and ANALYZE ONLY -> without the words
func translate(sql string, list []token) (string, bool) {
	var edits []edit
	for i := range list {
		e, ok := translation(sql, list, i)
		if !ok {
			return "", false
		}
		edits = append(edits, e...)
	}
	if len(edits) == 0 {
		return "", false
	}
	slices.SortFunc(edits, func(a, b edit) int { return a.from - b.from })
	var out strings.Builder
	at := 0
	for _, e := range edits {
		if e.from < at {
			continue // within one that came before
		}
		out.WriteString(sql[at:e.from])
		out.WriteString(e.text)
		at = e.to
	}
	out.WriteString(sql[at:])
	return out.String(), true
}

// translation returns the edits for the words that begin at token i; false when the statement cannot be translated.
func translation(sql string, list []token, i int) ([]edit, bool) {
	words := func(w ...string) bool { return wordsAt(list, i, w...) }
	remove := func(from, to int) []edit { return []edit{{list[from].offset, endOf(sql, list, to), " "}} }
	switch {
	case words("GENERATED", "ALWAYS", "AS") && wordsAt(list, i+3, "("):
		end := closes(list, i+3)
		if end < 0 || wordsAt(list, end+1, "STORED") {
			return nil, end >= 0
		}
		if wordsAt(list, end+1, "VIRTUAL") {
			end++
		}
		return []edit{{list[i].offset, endOf(sql, list, end), "DEFAULT ''" + computedCheck(sql, list, i)}}, true
	case words("NOT", "NULL") && (wordsAt(list, i-1, "ADD") || wordsAt(list, i-3, "ADD", "CONSTRAINT")) && i+2 < len(list):
		return notNull(sql, list, i), true
	case words("NOT", "NULL") && wordsAt(list, i-2, "CONSTRAINT") && (wordsAt(list, i-3, ",") || wordsAt(list, i-3, "(")) && i+2 < len(list):
		return []edit{{list[i].offset, endOf(sql, list, i+2), "CHECK (" + sql[list[i+2].offset:endOf(sql, list, i+2)] + " IS NOT NULL)"}}, true
	case words("NOT", "ENFORCED"):
		if wordsAt(list, 0, "CREATE") {
			return remove(i, i+1), true
		}
		// Behind a new column the CHECK cannot be NOT VALID, and ALTER CONSTRAINT changes one that is not known.
		last := lastCommand(list, i)
		ok := wordsAt(list, last, "ADD", "CONSTRAINT") || wordsAt(list, last, "ADD", "CHECK") || wordsAt(list, last, "ADD", "FOREIGN")
		return []edit{{list[i].offset, endOf(sql, list, i+1), "NOT VALID"}}, ok
	case words("ENFORCED") && !wordsAt(list, i-1, "NOT"):
		return remove(i, i), !wordsAt(list, lastCommand(list, i), "ALTER")
	case words("WITHOUT", "OVERLAPS"):
		return remove(i, i+1), true
	case words("PERIOD") && i > 0 && wordsAt(list, i-1, ",") && i+2 < len(list) && wordsAt(list, i+2, ")"):
		return remove(i, i), true
	case i == 1 && words("ONLY") && (wordsAt(list, 0, "VACUUM") || wordsAt(list, 0, "ANALYZE")):
		return remove(i, i), true
	default:
		return nil, true
	}
}

// computedCheck returns the CHECK of a new column that is computed when it is read, where it is NOT NULL. Token i stands in what defines it.
func computedCheck(sql string, list []token, i int) string {
	at := lastCommand(list, i)
	if at == 0 || !wordsAt(list, at, "ADD") {
		return ""
	}
	at++
	if wordsAt(list, at, "COLUMN") {
		at++
	}
	if wordsAt(list, at, "IF", "NOT", "EXISTS") {
		at += 3
	}
	depth := 0
	for n := at; n < len(list) && (depth > 0 || !wordsAt(list, n, ",")); n++ {
		switch {
		case wordsAt(list, n, "("):
			depth++
		case wordsAt(list, n, ")"):
			depth--
		case depth == 0 && wordsAt(list, n, "NOT", "NULL"):
			return " CHECK (" + sql[list[at].offset:endOf(sql, list, at)] + " IS NOT NULL)"
		}
	}
	return ""
}

// notNull translates ADD [CONSTRAINT n] NOT NULL c [NO INHERIT] [NOT VALID], whose NOT stands at i.
func notNull(sql string, list []token, i int) []edit {
	column := sql[list[i+2].offset:endOf(sql, list, i+2)]
	end := i + 2
	if wordsAt(list, end+1, "NO", "INHERIT") {
		end += 2
	}
	if wordsAt(list, end+1, "NOT", "VALID") {
		return []edit{{list[i].offset, endOf(sql, list, end), "CHECK (" + column + " IS NOT NULL)"}}
	}
	from := i - 1
	if wordsAt(list, i-3, "ADD") {
		from = i - 3
	}
	return []edit{{list[from].offset, endOf(sql, list, end), "ALTER COLUMN " + column + " SET NOT NULL"}}
}

// wordsAt reports whether these words or signs stand at token i.
func wordsAt(list []token, i int, words ...string) bool {
	if i < 0 || i+len(words) > len(list) {
		return false
	}
	for n, w := range words {
		if t := list[i+n]; (t.kind != wordToken && t.kind != otherToken) || !strings.EqualFold(t.text, w) {
			return false
		}
	}
	return true
}

// closes returns the token that closes the parenthesis at i, -1 when none does.
func closes(list []token, i int) int {
	depth := 0
	for n := i; n < len(list); n++ {
		switch {
		case wordsAt(list, n, "("):
			depth++
		case wordsAt(list, n, ")"):
			if depth--; depth == 0 {
				return n
			}
		}
	}
	return -1
}

// lastCommand returns the token that begins the command of an ALTER TABLE in which token i stands.
func lastCommand(list []token, i int) int {
	depth := 0
	for n := i; n > 0; n-- {
		switch {
		case wordsAt(list, n, ")"):
			depth++
		case wordsAt(list, n, "("):
			depth--
		case depth == 0 && (wordsAt(list, n, "ADD") || wordsAt(list, n, "ALTER")):
			return n
		}
	}
	return 0
}

// endOf returns the offset behind token i.
func endOf(sql string, list []token, i int) int {
	t := list[i]
	if t.kind == quotedToken {
		return afterQuote(sql, t.offset, '"', false)
	}
	return t.offset + len(t.text)
}
