package postgres

import (
	"slices"
	"strings"

	pg "github.com/pganalyze/pg_query_go/v6"

	"devtrail.dev/services/migrations/lint/rule"
)

// transactionRules are the rules on what runs inside a transaction and what cannot.
func transactionRules() []check {
	const own = "a file of its own that begins with: -- devtrail: no-transaction"
	return []check{
		{rule.Rule{
			Name: "ban-concurrent-index-creation-in-transaction", Severity: rule.Error, Alternative: own,
			Reason: "Postgres refuses CONCURRENTLY inside a transaction",
		}, func(c *context) {
			if what := concurrent(c.node()); what != "" && c.stmt.inside {
				c.report("Postgres refuses %s inside a transaction", what)
			}
		}, nil},
		{rule.Rule{
			Name: "non-transactional-statement", Severity: rule.Error, Alternative: own,
			Reason: "Postgres refuses the statement inside a transaction, and a file without header is run in one",
		}, func(c *context) {
			if what := c.schema.refusedInside(c.stmt); what != "" && (c.stmt.inside || !c.file.outside) {
				c.report("Postgres refuses %s inside a transaction, and the file has no header that asks for none", what)
			}
		}, nil},
		{rule.Rule{
			Name: "concurrent-index-needs-no-transaction-directive", Severity: rule.Error, Alternative: "-- devtrail: no-transaction",
			Reason: "without the header the runner puts a transaction around the file, in which Postgres refuses CONCURRENTLY",
		}, func(c *context) {
			if what := concurrent(c.node()); what != "" && !c.file.outside {
				c.report("%s needs a header that asks for no transaction", what)
			}
		}, nil},
		{rule.Rule{
			Name: "no-transaction-without-need", Severity: rule.Warning, Alternative: "remove the header",
			Reason: "without a transaction a failure in the middle leaves the first half of the file applied",
		}, nil, noTransactionWithoutNeed},
		{rule.Rule{
			Name: "transaction-nesting", Severity: rule.Error, Alternative: "remove BEGIN and COMMIT: the runner puts the transaction around the file",
			Reason: "the file begins or ends transactions that are not its own, so a failure leaves it applied in part",
		}, func(c *context) {
			if c.stmt.nesting != "" {
				c.report("%s", c.stmt.nesting)
			}
		}, nil},
		{rule.Rule{
			Name: "ban-uncommitted-transaction", Severity: rule.Error, Alternative: "COMMIT;",
			Reason: "a transaction that nothing commits is rolled back when the connection closes",
		}, nil, uncommitted},
		{rule.Rule{
			Name: "session-setting-leak", Severity: rule.Warning, Alternative: "SET LOCAL name = value;",
			Reason: "SET without LOCAL outlives the transaction and holds for the files that follow",
		}, sessionLeak, nil},
		{rule.Rule{
			Name: "alter-system-in-migration", Severity: rule.Error, Alternative: "the server's configuration",
			Reason: "ALTER SYSTEM changes the whole server, not this database",
		}, func(c *context) {
			if c.node().GetAlterSystemStmt() != nil {
				c.report("ALTER SYSTEM changes the whole server, not this database")
			}
		}, nil},
		{unparsed, func(c *context) {
			if c.stmt.node == nil || (c.stmt.refusal != "" && c.version < 18) {
				c.report("the grammar refuses the statement (%s): its locks are not known", c.stmt.refusal)
			}
			if c.stmt.block.dynamic {
				c.report("the DO block runs text that it builds: what that locks is not known")
			}
		}, nil},
	}
}

// concurrent names the CONCURRENTLY form of a statement, "" when it has none.
func concurrent(n *pg.Node) string {
	switch {
	case n.GetIndexStmt().GetConcurrent():
		return "CREATE INDEX CONCURRENTLY"
	case n.GetDropStmt().GetConcurrent():
		return "DROP INDEX CONCURRENTLY"
	case n.GetReindexStmt() != nil && concurrently(n.GetReindexStmt().GetParams()):
		return "REINDEX CONCURRENTLY"
	}
	for _, a := range altersOf(n, pg.AlterTableType_AT_DetachPartition) {
		if a.cmd.GetDef().GetPartitionCmd().GetConcurrent() {
			return "DETACH PARTITION CONCURRENTLY"
		}
	}
	return ""
}

// refusedInside names a statement that Postgres refuses in a transaction block, "" when it bears one.
func (s *schema) refusedInside(st *statement) string {
	n := st.node
	if what := concurrent(n); what != "" {
		return what
	}
	switch {
	case n == nil:
		if words := heads(st.tokens, 1); len(words) > 0 && words[0] == "REPACK" && slices.ContainsFunc(st.tokens, func(t token) bool { return strings.EqualFold(t.text, "CONCURRENTLY") }) {
			return "REPACK (CONCURRENTLY)"
		}
		return ""
	case n.GetReindexStmt() != nil:
		r := n.GetReindexStmt()
		t := s.table(rangeName(r.GetRelation()))
		whole := r.GetKind() != pg.ReindexObjectType_REINDEX_OBJECT_TABLE && r.GetKind() != pg.ReindexObjectType_REINDEX_OBJECT_INDEX
		if whole || (t != nil && t.partitioned) {
			return "this REINDEX"
		}
	case n.GetVacuumStmt().GetIsVacuumcmd():
		return "VACUUM"
	case n.GetClusterStmt() != nil && n.GetClusterStmt().GetRelation() == nil:
		return "CLUSTER without a table"
	case n.GetCreatedbStmt() != nil:
		return "CREATE DATABASE"
	case n.GetDropdbStmt() != nil:
		return "DROP DATABASE"
	case n.GetAlterSystemStmt() != nil:
		return "ALTER SYSTEM"
	case n.GetCreateTableSpaceStmt() != nil, n.GetDropTableSpaceStmt() != nil:
		return "CREATE and DROP TABLESPACE"
	case n.GetAlterDatabaseStmt() != nil && hasOption(n.GetAlterDatabaseStmt().GetOptions(), "tablespace"):
		return "ALTER DATABASE ... SET TABLESPACE"
	case n.GetCreateSubscriptionStmt() != nil:
		if o := n.GetCreateSubscriptionStmt().GetOptions(); !hasOption(o, "create_slot") || flag(o, "create_slot") {
			return "CREATE SUBSCRIPTION with a slot"
		}
	case n.GetDiscardStmt().GetTarget() == pg.DiscardMode_DISCARD_ALL:
		return "DISCARD ALL"
	}
	return ""
}

func hasOption(options []*pg.Node, name string) bool {
	return slices.ContainsFunc(options, func(o *pg.Node) bool { return o.GetDefElem().GetDefname() == name })
}

// noTransactionWithoutNeed reports a header on a file that bears a transaction.
func noTransactionWithoutNeed(c *context) {
	if !c.file.outside {
		return
	}
	for _, st := range c.file.statements {
		if st.node == nil || c.schema.refusedInside(st) != "" || st.node.GetTransactionStmt() != nil || st.node.GetAlterEnumStmt() != nil || st.node.GetDoStmt() != nil || st.node.GetCallStmt() != nil {
			return
		}
	}
	c.reportAt(c.file.statements[0], c.rule.Alternative, "no statement of the file is refused in a transaction, and without one a failure leaves the first half applied")
}

// uncommitted reports the BEGIN that nothing closes.
func uncommitted(c *context) {
	if c.file.open != nil {
		c.reportAt(c.file.open, c.rule.Alternative, "nothing ends the transaction that begins here")
	}
}

// ownSettings are settings that the runner resets or that a file without a transaction cannot set otherwise.
var ownSettings = []string{"lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout", "transaction_timeout"}

// sessionLeak reports SET without LOCAL, SET ROLE among them. Timeouts pass: a file without a transaction has no other way.
func sessionLeak(c *context) {
	for name := range configured(c.node(), false) {
		if !slices.Contains(ownSettings, name) {
			c.report("%s keeps its value for the files that follow", name)
		}
	}
	v := c.node().GetVariableSetStmt()
	if v == nil || v.GetIsLocal() || slices.Contains(ownSettings, strings.ToLower(v.GetName())) || strings.HasPrefix(v.GetName(), "TRANSACTION") {
		return
	}
	if v.GetKind() == pg.VariableSetKind_VAR_RESET || v.GetKind() == pg.VariableSetKind_VAR_RESET_ALL || v.GetKind() == pg.VariableSetKind_VAR_SET_DEFAULT {
		return
	}
	c.report("%s keeps its value for the files that follow", v.GetName())
}
