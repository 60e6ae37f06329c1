package plan

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// node is a step of the plan of a query.
type node struct {
	Condition string `json:"Index Cond"`
	Plans     []node
	Relation  string `json:"Relation Name"`
	Schema    string
	Type      string `json:"Node Type"`
}

// reads names the tables that a query reads in full, through an index too, by what the server would do where indexes are dearer than rows are many.
// A query that cannot be explained tells nothing here; it fails when it is run, or is one that has no plan.
func reads(ctx context.Context, tx pgx.Tx, sql string) ([]string, error) {
	savepoint, err := tx.Begin(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { _ = savepoint.Rollback(ctx) }()
	var text []byte
	if err := savepoint.QueryRow(ctx, "EXPLAIN (VERBOSE, COSTS OFF, FORMAT JSON) "+sql).Scan(&text); err != nil {
		return nil, ctx.Err()
	}
	var explained []struct{ Plan node }
	if err := json.Unmarshal(text, &explained); err != nil {
		return nil, fmt.Errorf("read the plan of a query: %w", err)
	}
	var names []string
	for _, e := range explained {
		for _, n := range e.Plan.full() {
			var name string
			if err := savepoint.QueryRow(ctx, "SELECT quote_ident($1) || '.' || quote_ident($2)", n.Schema, n.Relation).Scan(&name); err != nil {
				return nil, err
			}
			names = append(names, name)
		}
	}
	return names, nil
}

// full are the steps that read a table from its beginning to its end.
func (n node) full() []node {
	var found []node
	switch n.Type {
	case "Seq Scan":
		found = append(found, n)
	case "Index Scan", "Index Only Scan":
		if n.Condition == "" {
			found = append(found, n)
		}
	}
	for _, p := range n.Plans {
		found = append(found, p.full()...)
	}
	return found
}
