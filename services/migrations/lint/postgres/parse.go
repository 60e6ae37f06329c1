package postgres

import (
	"fmt"

	pg "github.com/pganalyze/pg_query_go/v6"
	"google.golang.org/protobuf/proto"
)

// maxStatement is the longest text, in bytes, that the grammar is asked about. Beyond it the statement is not parsed, hence never safe.
const maxStatement = 4 << 20

// Warm makes the grammar ready, which takes about a second where it is WebAssembly, so that the first caller does not wait for it.
func Warm() { _, _ = parse("SELECT 1") }

// parse returns the tree of one statement. The error is Postgres' own sentence; a panic of the instance is an error too.
func parse(sql string) (node *pg.Node, err error) {
	if len(sql) > maxStatement {
		return nil, fmt.Errorf("the statement is longer than %d bytes", maxStatement)
	}
	raw, err := parseRaw(sql) // grammar_cgo.go or grammar_webassembly.go
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
