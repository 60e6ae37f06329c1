package postgres

import (
	"fmt"
	"sync"

	pg "github.com/pganalyze/pg_query_go/v6"
	"github.com/wasilibs/go-pgquery/parser"
	"google.golang.org/protobuf/proto"
)

// grammar guards the one instance of the compiled grammar. A second instance would cost a second and 300 MB; a statement takes 50 us,
// so callers wait for each other.
var grammar sync.Mutex

// maxStatement is the longest text, in bytes, that the grammar is asked about. Beyond it the statement is not parsed, hence never safe.
const maxStatement = 4 << 20

// Warm compiles the grammar, which takes about a second, so that the first caller does not wait for it.
func Warm() { _, _ = parse("SELECT 1") }

// parse returns the tree of one statement. The error is Postgres' own sentence; a panic of the instance is an error too.
func parse(sql string) (node *pg.Node, err error) {
	if len(sql) > maxStatement {
		return nil, fmt.Errorf("the statement is longer than %d bytes", maxStatement)
	}
	raw, err := parseRaw(sql)
	if err != nil {
		return nil, err
	}
	var tree pg.ParseResult
	if err := proto.Unmarshal(raw, &tree); err != nil {
		return nil, fmt.Errorf("read the tree: %w", err)
	}
	if len(tree.Stmts) != 1 || tree.Stmts[0].GetStmt() == nil {
		return nil, fmt.Errorf("the text holds %d statements", len(tree.Stmts))
	}
	return tree.Stmts[0].Stmt, nil
}

func parseRaw(sql string) (raw []byte, err error) {
	grammar.Lock()
	defer grammar.Unlock()
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("the grammar failed: %v", r)
		}
	}()
	return parser.ParseToProtobuf(sql)
}
