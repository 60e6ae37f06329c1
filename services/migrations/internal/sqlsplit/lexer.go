package sqlsplit

import "strings"

// kind is what a token is, as far as splitting needs to know.
type kind uint8

const (
	blank     kind = iota // blanks and comments
	word                  // keywords, names, numbers
	quoted                // strings, quoted names, dollar quotes
	semicolon             // ;
	open                  // (
	shut                  // )
	other                 // any other single byte
)

// lexer walks over src one token at a time. Its tokens, put together, are src.
type lexer struct {
	src     string
	pos     int
	dialect Dialect
}

func (l *lexer) next() (kind, error) {
	c := l.src[l.pos]
	switch {
	case isBlank(c):
		l.pos++
		return blank, nil
	case l.has("--"):
		l.lineComment()
		return blank, nil
	case l.has("/*"):
		return blank, l.blockComment()
	case c == '\'':
		return quoted, l.quote('\'', l.dialect == ClickHouse, "the string")
	case c == '"':
		return quoted, l.quote('"', l.dialect == ClickHouse, "the quoted name")
	case c == '$':
		return l.dollar()
	case c == ';':
		l.pos++
		return semicolon, nil
	case c == '(':
		l.pos++
		return open, nil
	case c == ')':
		l.pos++
		return shut, nil
	case l.dialect == ClickHouse:
		return l.nextClickHouse()
	default:
		return l.nextPostgres()
	}
}

func (l *lexer) nextPostgres() (kind, error) {
	from := l.pos
	if !l.inWord() {
		l.pos++
		return other, nil
	}
	l.word()
	// E'...' is the only string in which a backslash quotes.
	if w := l.src[from:l.pos]; (w == "e" || w == "E") && l.has("'") {
		return quoted, l.escapeString()
	}
	return word, nil
}

func (l *lexer) nextClickHouse() (kind, error) {
	switch {
	case l.src[l.pos] == '`':
		return quoted, l.quote('`', true, "the quoted name")
	case l.has("# "), l.has("#!"):
		l.lineComment()
		return blank, nil
	case l.has("\u2018"):
		return quoted, l.until("\u2018", "\u2019", "the string")
	case l.has("\u201c"):
		return quoted, l.until("\u201c", "\u201d", "the quoted name")
	case l.inWord():
		l.word()
		return word, nil
	default:
		l.pos++
		return other, nil
	}
}

// quote passes a quoted thing in which the doubled quote stands for itself and, with backslash, a backslash takes the next byte along.
func (l *lexer) quote(mark byte, backslash bool, what string) error {
	from := l.pos
	for i := l.pos + 1; i < len(l.src); i++ {
		switch {
		case backslash && l.src[i] == '\\':
			i++
		case l.src[i] != mark:
		case i+1 < len(l.src) && l.src[i+1] == mark:
			i++
		default:
			l.pos = i + 1
			return nil
		}
	}
	return &Error{Line: line(l.src, from), What: what}
}

// escapeString passes an E'...' string of Postgres and its continuations: a string on a later line, parted by blanks and comments only, goes on with the same rules.
func (l *lexer) escapeString() error {
	for {
		if err := l.quote('\'', true, "the string"); err != nil {
			return err
		}
		ahead := lexer{src: l.src, pos: l.pos, dialect: Postgres}
		for ahead.pos < len(ahead.src) && (isBlank(ahead.src[ahead.pos]) || ahead.has("--")) {
			if ahead.has("--") {
				ahead.lineComment()
			} else {
				ahead.pos++
			}
		}
		if !ahead.has("'") || !strings.ContainsAny(l.src[l.pos:ahead.pos], "\n\r") {
			return nil
		}
		l.pos = ahead.pos
	}
}

// dollar passes $tag$...$tag$, a parameter such as $1, or a lone dollar.
func (l *lexer) dollar() (kind, error) {
	tagEnd := l.pos + 1
	for tagEnd < len(l.src) && l.src[tagEnd] != '$' && (isWord(l.src[tagEnd]) || l.src[tagEnd] >= 0x80) {
		tagEnd++
	}
	tagged := tagEnd < len(l.src) && l.src[tagEnd] == '$'
	digit := tagEnd > l.pos+1 && isDigit(l.src[l.pos+1])
	if l.dialect == Postgres && (!tagged || digit) {
		l.pos++
		return other, nil
	}
	if tagged {
		tag := l.src[l.pos : tagEnd+1]
		if closing := strings.Index(l.src[tagEnd+1:], tag); closing >= 0 {
			l.pos = tagEnd + 1 + closing + len(tag)
			return quoted, nil
		}
		if l.dialect == Postgres {
			return quoted, &Error{Line: line(l.src, l.pos), What: "the dollar quote " + tag}
		}
	}
	// ClickHouse takes a dollar that opens no closed quote as part of a word.
	l.word()
	return word, nil
}

func (l *lexer) until(mark, end, what string) error {
	closing := strings.Index(l.src[l.pos+len(mark):], end)
	if closing < 0 {
		return &Error{Line: line(l.src, l.pos), What: what}
	}
	l.pos += len(mark) + closing + len(end)
	return nil
}

// blockComment passes a comment; both engines let comments stand in comments.
func (l *lexer) blockComment() error {
	from, depth := l.pos, 0
	for l.pos < len(l.src) {
		switch {
		case l.has("/*"):
			depth++
			l.pos += 2
		case l.has("*/"):
			depth--
			l.pos += 2
		default:
			l.pos++
		}
		if depth == 0 {
			return nil
		}
	}
	return &Error{Line: line(l.src, from), What: "the comment"}
}

func (l *lexer) lineComment() {
	ends := "\n\r"
	if l.dialect == ClickHouse {
		ends = "\n"
	}
	if n := strings.IndexAny(l.src[l.pos:], ends); n >= 0 {
		l.pos += n
	} else {
		l.pos = len(l.src)
	}
}

func (l *lexer) word() {
	for l.pos < len(l.src) && l.inWord() {
		l.pos++
	}
}

// inWord reports whether the byte at pos belongs to a word. Only Postgres lets letters beyond ASCII into names that are not quoted.
func (l *lexer) inWord() bool {
	c := l.src[l.pos]
	return isWord(c) || (c >= 0x80 && l.dialect == Postgres)
}

func (l *lexer) has(prefix string) bool { return strings.HasPrefix(l.src[l.pos:], prefix) }

func isBlank(c byte) bool { return c == ' ' || (c >= '\t' && c <= '\r') }

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isWord(c byte) bool {
	return c == '_' || c == '$' || isDigit(c) || (c|0x20 >= 'a' && c|0x20 <= 'z')
}
