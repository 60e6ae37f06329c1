package sqlsplit

// Kind is what a Token is.
type Kind = kind

// The kinds of tokens.
const (
	// Blank is white space or a comment.
	Blank = blank
	// Word is a keyword, a name without quotes or a number.
	Word = word
	// Quoted is a string, a quoted name or a dollar quote, with its quotes.
	Quoted = quoted
	// Semicolon is a semicolon.
	Semicolon = semicolon
	// Open is an opening parenthesis.
	Open = open
	// Shut is a closing parenthesis.
	Shut = shut
	// Other is any other single byte.
	Other = other
)

// Token is a piece of SQL.
type Token struct {
	Kind Kind
	// Text is the piece as it stands in the file.
	Text string
	// Pos is its offset in the file in bytes.
	Pos int
}

// Tokens returns the pieces of sql in order; put together, they are sql. The error is an *Error, and the tokens before the open thing come with it.
func Tokens(sql string, dialect Dialect) ([]Token, error) {
	lex := lexer{src: sql, dialect: dialect}
	var tokens []Token
	for lex.pos < len(sql) {
		from := lex.pos
		kind, err := lex.next()
		if err != nil {
			return tokens, err
		}
		tokens = append(tokens, Token{Kind: kind, Text: sql[from:lex.pos], Pos: from})
	}
	return tokens, nil
}
