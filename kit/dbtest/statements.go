package dbtest

import (
	"regexp"
	"strings"
)

// token matches what may hold a semicolon that ends no statement, and the
// semicolon itself. Block comments are taken as not nested.
var token = regexp.MustCompile(`(?s)--[^\n]*|/\*.*?\*/|[eE]'(?:[^'\\]|\\.|'')*'|'(?:[^']|'')*'|"(?:[^"]|"")*"|\$(?:[A-Za-z_][A-Za-z_0-9]*)?\$|;`)

// statements splits Postgres SQL into its statements, without those that are
// only blanks and comments.
func statements(sql string) []string {
	var list []string
	begin, pos, content := 0, 0, false
	add := func(end int) {
		if content {
			list = append(list, strings.TrimSpace(sql[begin:end]))
		}
		begin, content = end+1, false
	}
	for {
		at := token.FindStringIndex(sql[pos:])
		if at == nil {
			content = content || strings.TrimSpace(sql[pos:]) != ""
			add(len(sql))
			return list
		}
		from, to := pos+at[0], pos+at[1]
		content = content || strings.TrimSpace(sql[pos:from]) != ""
		word := sql[from:to]
		switch {
		case word == ";":
			add(from)
		case strings.HasPrefix(word, "--"), strings.HasPrefix(word, "/*"):
		case strings.HasPrefix(word, "$"):
			content = true
			if end := strings.Index(sql[to:], word); end >= 0 {
				to += end + len(word)
			}
		default:
			content = true
		}
		pos = to
	}
}
