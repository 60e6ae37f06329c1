package postgres

import "strings"

// token is a word or a quoted name of a statement, or a single other byte.
type token struct {
	text   string // without the quotes
	offset int    // in bytes, from the beginning of the statement
	kind   tokenKind
}

type tokenKind uint8

const (
	wordToken   tokenKind = iota // a keyword, name or number
	quotedToken                  // a quoted name
	stringToken                  // a string of any kind
	otherToken                   // a single byte
)

// tokens cuts a statement. It knows strings, quoted names, dollar quotes and comments, and refuses nothing: what is not closed goes to the end.
func tokens(sql string) []token {
	var list []token
	for i := 0; i < len(sql); {
		c := sql[i]
		start := i
		switch {
		case c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v':
			i++
		case strings.HasPrefix(sql[i:], "--"):
			i = after(sql, i, "\n")
		case strings.HasPrefix(sql[i:], "/*"):
			i = afterComment(sql, i)
		case c == '\'':
			escapes := start > 0 && (sql[start-1] == 'e' || sql[start-1] == 'E')
			i = afterQuote(sql, i, '\'', escapes)
			list = append(list, token{sql[start:i], start, stringToken})
		case c == '"':
			i = afterQuote(sql, i, '"', false)
			list = append(list, token{unquote(sql[start:i]), start, quotedToken})
		case c == '$':
			i = afterDollar(sql, i)
			list = append(list, token{sql[start:i], start, stringToken})
		case isWord(c):
			for i < len(sql) && (isWord(sql[i]) || sql[i] == '$') {
				i++
			}
			list = append(list, token{sql[start:i], start, wordToken})
		default:
			i++
			list = append(list, token{sql[start:i], start, otherToken})
		}
	}
	return list
}

func isWord(c byte) bool {
	return c == '_' || c >= 0x80 || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
}

// after returns the offset behind the next end, or the end of the text.
func after(sql string, from int, end string) int {
	if at := strings.Index(sql[from:], end); at >= 0 {
		return from + at + len(end)
	}
	return len(sql)
}

func afterComment(sql string, i int) int {
	depth := 0
	for i < len(sql) {
		switch {
		case strings.HasPrefix(sql[i:], "/*"):
			depth, i = depth+1, i+2
		case strings.HasPrefix(sql[i:], "*/"):
			depth, i = depth-1, i+2
			if depth == 0 {
				return i
			}
		default:
			i++
		}
	}
	return i
}

func afterQuote(sql string, i int, q byte, escapes bool) int {
	for i++; i < len(sql); i++ {
		switch {
		case sql[i] == '\\' && escapes:
			i++
		case sql[i] == q && i+1 < len(sql) && sql[i+1] == q:
			i++
		case sql[i] == q:
			return i + 1
		}
	}
	return len(sql)
}

// afterDollar returns the offset behind a dollar quote, or behind the dollar when it opens none.
func afterDollar(sql string, i int) int {
	end := i + 1
	for end < len(sql) && isWord(sql[end]) {
		end++
	}
	if end >= len(sql) || sql[end] != '$' || (end > i+1 && sql[i+1] >= '0' && sql[i+1] <= '9') {
		return i + 1
	}
	return after(sql, end+1, sql[i:end+1])
}

func unquote(s string) string {
	s = strings.TrimPrefix(s, `"`)
	return strings.ReplaceAll(strings.TrimSuffix(s, `"`), `""`, `"`)
}

// heads returns the first n words of a statement, upper case.
func heads(list []token, n int) []string {
	var words []string
	for _, t := range list {
		if t.kind == wordToken && len(words) < n {
			words = append(words, strings.ToUpper(t.text))
		}
	}
	return words
}
