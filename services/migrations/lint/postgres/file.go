package postgres

import (
	"slices"
	"strings"

	pg "github.com/pganalyze/pg_query_go/v6"

	"devtrail.dev/services/migrations/internal/sqlsplit"
	"devtrail.dev/services/migrations/lint/rule"
)

// file is one migration, read.
type file struct {
	name       string
	statements []*statement
	// outside is true when the header says that the statements run without a transaction around them.
	outside bool
	// wrapped is true when the runner puts a transaction around the file.
	wrapped bool
	// broken says what is not closed, "" when all is; brokenLine is where it begins.
	broken     string
	brokenLine int
	// open is the BEGIN that nothing closes, nil when there is none.
	open *statement
}

// statement is one statement of a file.
type statement struct {
	index        int
	text         string
	line, column int
	node         *pg.Node // nil when the grammar refuses it
	refusal      string   // the grammar's sentence; with a node the statement is one of Postgres 18, in words of 17
	tokens       []token
	block        block // of a DO
	effects      []Effect
	rows         float64       // that the server expects it to touch
	refused      *rule.Refusal // why the server cannot plan it
	// transaction numbers the transaction that the statement runs in; statements that commit by themselves have a number of their own.
	transaction int
	// inside is true when a transaction block is open around the statement.
	inside bool
	// nesting says in a sentence what is wrong with a statement that begins or ends a transaction, "" when nothing is.
	nesting string
}

// readFile splits and parses a file. The options say whether the runner puts a transaction around it when its header does not say no.
func readFile(f rule.File, opts rule.Options) *file {
	out := &file{name: f.Name, outside: f.Apart || outside(f.SQL, opts.OwnHeaders)}
	out.wrapped = opts.InTransaction && !out.outside
	statements, err := sqlsplit.Split(f.SQL, sqlsplit.Postgres)
	if err != nil {
		out.broken, out.brokenLine = err.Error(), 1
		if open, ok := err.(*sqlsplit.Error); ok { //nolint:errorlint // Split's contract names the type
			out.broken, out.brokenLine = open.What+" is not closed", open.Line
		}
		return out
	}
	offset := 0
	for i, s := range statements {
		offset += max(strings.Index(f.SQL[offset:], s.Text), 0)
		st := &statement{index: i, text: s.Text, line: s.Line, column: offset - strings.LastIndex(f.SQL[:offset], "\n"), tokens: tokens(s.Text)}
		offset += len(s.Text)
		st.read()
		out.statements = append(out.statements, st)
	}
	out.transactions()
	return out
}

// read parses the statement, and in words of Postgres 17 where it is written in those of 18.
func (s *statement) read() {
	node, err := parse(s.text)
	if err == nil {
		s.node = node
		if d := node.GetDoStmt(); d != nil {
			s.block = readBlock(d)
		}
		return
	}
	s.refusal = err.Error()
	if text, ok := translate(s.text, s.tokens); ok {
		if s.node, err = parse(text); err != nil {
			s.node = nil
		}
	}
}

// transactions numbers the transactions and notes what is wrong with the statements that begin and end them.
func (f *file) transactions() {
	number, inside := 1, f.wrapped
	var begin *statement
	for _, s := range f.statements {
		if !inside {
			number++
		}
		t := s.node.GetTransactionStmt()
		switch {
		case t == nil:
		case slices.Contains(opening, t.GetKind()):
			if inside && (begin != nil || f.wrapped) {
				s.nesting = "BEGIN inside a transaction that is already open does nothing but warn"
			}
			inside, begin = true, s
		case slices.Contains(closing, t.GetKind()):
			switch {
			case f.wrapped && begin == nil && inside:
				s.nesting = "the statement ends the transaction that the runner opened around the file"
			case !inside:
				s.nesting = "the statement ends a transaction, and none is open"
			}
			s.transaction, s.inside = number, inside
			inside, begin = t.GetChain(), nil
			continue
		}
		s.transaction, s.inside = number, inside
	}
	f.open = begin
}

var (
	opening = []pg.TransactionStmtKind{pg.TransactionStmtKind_TRANS_STMT_BEGIN, pg.TransactionStmtKind_TRANS_STMT_START}
	closing = []pg.TransactionStmtKind{pg.TransactionStmtKind_TRANS_STMT_COMMIT, pg.TransactionStmtKind_TRANS_STMT_ROLLBACK, pg.TransactionStmtKind_TRANS_STMT_PREPARE}
)

// earlier returns the statements of the same transaction before s.
func (f *file) earlier(s *statement) []*statement {
	var list []*statement
	for _, e := range f.statements[:s.index] {
		if e.inside && s.inside && e.transaction == s.transaction {
			list = append(list, e)
		}
	}
	return list
}
