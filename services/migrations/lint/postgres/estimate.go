package postgres

import (
	"cmp"
	"errors"
	"fmt"

	pg "github.com/pganalyze/pg_query_go/v6"

	"devtrail.dev/services/migrations/lint/rule"
)

// estimateRules are the rules that ask a server. Without one they are silent.
func estimateRules() []check {
	return []check{
		{rule.Rule{
			Name: "affected-row-limit", Severity: rule.Warning,
			Reason:      "a statement that touches many rows holds all their locks, and keeps all its dead rows, until it ends",
			Alternative: "a backfill: batches by primary key, with a checkpoint",
		}, func(c *context) {
			if limit := cmp.Or(c.opts.RowLimit, rule.DefaultRowLimit); c.stmt.rows > limit {
				c.report("the server expects the statement to touch %.0f rows, and the limit is %.0f", c.stmt.rows, limit)
			}
		}, nil},
		{rule.Rule{
			Name: "dml-dry-run", Severity: rule.Warning,
			Reason:      "the server cannot plan the statement, so it would fail when the file is applied",
			Alternative: "EXPLAIN <statement> says what is wrong",
		}, func(c *context) {
			if c.stmt.refused != nil {
				c.report("the server cannot plan the statement: %s", c.stmt.refused.Message)
			}
		}, nil},
	}
}

// estimate asks the server about a change of rows. Behind a change of the schema it is not asked: it does not know that schema yet.
func (c *context) estimate() error {
	if c.stmt.node != nil && isDDL(c.stmt) || c.stmt.node == nil {
		c.changed = true
	}
	if c.opts.Estimate == nil || c.changed || !changesTable(c.stmt.node) {
		return nil
	}
	rows, err := c.opts.Estimate(c.stmt.text)
	if err == nil {
		c.stmt.rows = rows
		return nil
	}
	if errors.As(err, &c.stmt.refused) {
		return nil
	}
	return fmt.Errorf("ask the server about line %d of %s: %w", c.stmt.line, c.file.name, err)
}

// changesTable reports whether a statement is one that changes rows and can be explained.
func changesTable(n *pg.Node) bool {
	return n.GetInsertStmt() != nil || n.GetUpdateStmt() != nil || n.GetDeleteStmt() != nil || n.GetMergeStmt() != nil
}
