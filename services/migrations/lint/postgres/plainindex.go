package postgres

import (
	"fmt"

	pg "github.com/pganalyze/pg_query_go/v6"
	"google.golang.org/protobuf/proto"
)

// PlainIndex writes the text of CREATE INDEX without what is not of the index itself: how it is built, and the schema of the table.
// Two texts that make the same index are the same then, whether the server or a person wrote them, as far as their expressions are written alike.
func PlainIndex(text string) (string, error) {
	raw, err := parseRaw(text)
	if err != nil {
		return "", fmt.Errorf("read the definition of an index: %w", err)
	}
	var tree pg.ParseResult
	if err := proto.Unmarshal(raw, &tree); err != nil {
		return "", fmt.Errorf("read the tree: %w", err)
	}
	if len(tree.GetStmts()) != 1 || tree.GetStmts()[0].GetStmt().GetIndexStmt() == nil {
		return "", fmt.Errorf("%q is not the definition of an index", text)
	}
	index := tree.GetStmts()[0].GetStmt().GetIndexStmt()
	index.Concurrent, index.IfNotExists = false, false
	index.Relation.Schemaname, index.Relation.Inh = "", true
	if index.GetAccessMethod() == "" {
		index.AccessMethod = "btree"
	}
	if raw, err = proto.Marshal(&tree); err != nil {
		return "", err
	}
	return deparseRaw(raw)
}
