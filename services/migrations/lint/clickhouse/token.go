package clickhouse

import (
	"slices"
	"strings"

	"devtrail.dev/services/migrations/internal/sqlsplit"
)

// token is one word, quoted thing or sign of a statement; blanks and comments are left out.
type token struct {
	text string
	up   string // the word in upper case, "" for anything else
	pos  int    // offset in the file
	kind sqlsplit.Kind
}

// is reports whether the token is this keyword (upper case) or sign.
func (t token) is(s string) bool { return t.up == s || (t.up == "" && t.text == s) }

// isString reports whether the token is a string: in single quotes or a heredoc.
func (t token) isString() bool {
	return t.kind == sqlsplit.Quoted && t.text[0] != '`' && t.text[0] != '"' && !strings.HasPrefix(t.text, "\u201c")
}

// isName reports whether the token can name something.
func (t token) isName() bool {
	if t.kind == sqlsplit.Quoted {
		return !t.isString()
	}
	return t.kind == sqlsplit.Word && (t.text[0] < '0' || t.text[0] > '9')
}

// value is the name or the string without its quotes.
func (t token) value() string {
	if t.kind != sqlsplit.Quoted {
		return t.text
	}
	switch mark := t.text[0]; mark {
	case '\'', '"', '`':
		inner := strings.ReplaceAll(t.text[1:len(t.text)-1], string([]byte{mark, mark}), string(mark))
		return strings.ReplaceAll(inner, `\`+string(mark), string(mark))
	case '$':
		tag := strings.IndexByte(t.text[1:], '$') + 2
		return t.text[tag : len(t.text)-tag]
	default: // the quotes of a word processor, three bytes each
		return t.text[3 : len(t.text)-3]
	}
}

// depth is how a token changes the nesting.
func (t token) depth() int {
	switch {
	case t.kind == sqlsplit.Quoted, t.kind == sqlsplit.Word:
		return 0
	case t.text == "(" || t.text == "[" || t.text == "{":
		return 1
	case t.text == ")" || t.text == "]" || t.text == "}":
		return -1
	default:
		return 0
	}
}

// source is one statement of a file before it is understood.
type source struct {
	tokens   []token
	comments []token // those before, inside and on the last line of the statement
}

// totals are the words behind WITH that go on with a query.
var totals = []string{"CUBE", "FILL", "NAME", "ROLLUP", "TIES", "TOTALS"}

// parallel takes a statement apart that is several at once: CREATE ... PARALLEL WITH DROP .... Each is judged as if it stood alone, with the comments of all.
func parallel(src source) []source {
	var list []source
	from := 0
	for i := 1; i+2 < len(src.tokens); i++ {
		c := cursor{tokens: src.tokens, i: i}
		if c.at("PARALLEL", "WITH") && c.peek(2).isName() && !slices.Contains(totals, c.peek(2).up) {
			list = append(list, source{tokens: src.tokens[from:i], comments: src.comments})
			from = i + 2
		}
	}
	return append(list, source{tokens: src.tokens[from:], comments: src.comments})
}

// scan cuts the text of a file into statements. The error is an *sqlsplit.Error; the statements before it come with it.
func scan(sql string) ([]source, error) {
	tokens, err := sqlsplit.Tokens(sql, sqlsplit.ClickHouse)
	var list []source
	var current source
	finish := func() {
		if len(current.tokens) > 0 {
			list = append(list, current)
			current = source{}
		}
	}
	for i, t := range tokens {
		switch {
		case t.Kind == sqlsplit.Semicolon:
			finish()
		case t.Kind != sqlsplit.Blank:
			next := token{text: t.Text, pos: t.Pos, kind: t.Kind}
			if t.Kind == sqlsplit.Word {
				next.up = strings.ToUpper(t.Text)
			}
			current.tokens = append(current.tokens, next)
		case isComment(t.Text):
			c := token{text: t.Text, pos: t.Pos, kind: t.Kind}
			if n := len(list); n > 0 && len(current.tokens) == 0 && sameLine(tokens[:i]) {
				list[n-1].comments = append(list[n-1].comments, c)
				continue
			}
			current.comments = append(current.comments, c)
		}
	}
	if err == nil {
		finish()
	}
	return list, err
}

// isComment reports whether a blank is a comment.
func isComment(text string) bool { return text[0] == '-' || text[0] == '/' || text[0] == '#' }

// sameLine reports whether the last semicolon before a comment stands on the comment's line.
func sameLine(before []sqlsplit.Token) bool {
	for i := len(before) - 1; i >= 0; i-- {
		if before[i].Kind != sqlsplit.Blank {
			return before[i].Kind == sqlsplit.Semicolon
		}
		if strings.Contains(before[i].Text, "\n") {
			return false
		}
	}
	return false
}
