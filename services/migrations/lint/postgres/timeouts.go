package postgres

import (
	"strconv"
	"strings"

	pg "github.com/pganalyze/pg_query_go/v6"

	"devtrail.dev/services/migrations/lint/rule"
)

// timeoutRules are the rules on lock_timeout and statement_timeout. When the runner sets both they speak only of files that raise or disable them.
func timeoutRules() []check {
	set := "SET lock_timeout = '2s'; SET statement_timeout = '5s';"
	return []check{
		{rule.Rule{
			Name: "require-lock-timeout", Severity: rule.Warning,
			Reason:      "a statement that waits for a lock stops everybody behind it for as long as it waits",
			Alternative: set,
		}, requireLockTimeout, nil},
		{rule.Rule{
			Name: "require-statement-timeout", Severity: rule.Warning,
			Reason:      "a statement that runs longer than thought holds its locks as long",
			Alternative: set,
		}, requireStatementTimeout, nil},
		{rule.Rule{
			Name: "require-timeout-settings", Severity: rule.Info,
			Reason:      "a file that changes the schema needs both timeouts; the rules on each of them say more",
			Alternative: set,
		}, requireTimeoutSettings, nil},
	}
}

// longLock is the longest wait for a lock, in milliseconds, that a file may ask for.
const longLock = 10_000

func requireLockTimeout(c *context) {
	if ms, ok := c.timeout("lock_timeout"); ok && (ms == 0 || ms > longLock) {
		c.report("the file disables or raises lock_timeout: a waiting statement stops everybody behind it")
		return
	}
	if c.needsTimeout() && !c.hasTimeout("lock_timeout") && c.firstOfRule() {
		c.report("the statement may wait for a lock without end, and everybody behind it")
	}
}

func requireStatementTimeout(c *context) {
	if ms, ok := c.timeout("statement_timeout"); ok && ms == 0 {
		c.report("the file disables statement_timeout: a statement holds its locks as long as it runs")
		return
	}
	if c.needsTimeout() && !c.hasTimeout("statement_timeout") && c.firstOfRule() {
		c.report("the statement may run, and hold its locks, without end")
	}
}

func requireTimeoutSettings(c *context) {
	if c.needsTimeout() && (!c.hasTimeout("lock_timeout") || !c.hasTimeout("statement_timeout")) && c.firstOfRule() {
		c.report("the file changes the schema without lock_timeout or without statement_timeout")
	}
}

// firstOfRule reports whether the rule has not spoken in this file yet.
func (c *context) firstOfRule() bool {
	for _, f := range c.found {
		if f.Rule == c.rule.Name {
			return false
		}
	}
	return true
}

// needsTimeout reports whether the statement changes the schema, hence takes locks, and nobody else sets the timeouts. A new table that
// points to no other waits for nobody.
func (c *context) needsTimeout() bool {
	if c.opts.TimeoutsSet || !isDDL(c.stmt) {
		return false
	}
	return c.node().GetCreateStmt() == nil || len(c.stmt.effects) > 0
}

// isDDL reports whether a statement changes the catalogue or the storage of tables. What the grammar refuses does.
func isDDL(st *statement) bool {
	if st.node == nil {
		return true
	}
	switch n := st.node.GetNode().(type) {
	case *pg.Node_SelectStmt:
		return n.SelectStmt.GetIntoClause() != nil
	case *pg.Node_VacuumStmt:
		return n.VacuumStmt.GetIsVacuumcmd()
	case *pg.Node_InsertStmt, *pg.Node_UpdateStmt, *pg.Node_DeleteStmt, *pg.Node_MergeStmt, *pg.Node_CopyStmt, *pg.Node_ExplainStmt,
		*pg.Node_TransactionStmt, *pg.Node_VariableSetStmt, *pg.Node_VariableShowStmt, *pg.Node_GrantStmt, *pg.Node_GrantRoleStmt, *pg.Node_DoStmt,
		*pg.Node_CallStmt, *pg.Node_NotifyStmt, *pg.Node_ListenStmt, *pg.Node_UnlistenStmt, *pg.Node_DiscardStmt, *pg.Node_CheckPointStmt,
		*pg.Node_PrepareStmt, *pg.Node_ExecuteStmt, *pg.Node_DeallocateStmt, *pg.Node_ConstraintsSetStmt, *pg.Node_LoadStmt,
		*pg.Node_DeclareCursorStmt, *pg.Node_FetchStmt, *pg.Node_ClosePortalStmt, *pg.Node_AlterSystemStmt:
		return false
	default:
		return true
	}
}

// hasTimeout reports whether a statement before this one sets the timeout to anything but zero.
func (c *context) hasTimeout(name string) bool {
	set := false
	for _, e := range c.file.statements[:c.stmt.index] {
		if ms, ok := timeoutIn(e.node, name); ok {
			set = ms > 0
		}
	}
	return set
}

// timeout returns what the statement sets the timeout to, in milliseconds.
func (c *context) timeout(name string) (int, bool) { return timeoutIn(c.node(), name) }

func timeoutIn(n *pg.Node, name string) (int, bool) {
	v := n.GetVariableSetStmt()
	if v == nil || !strings.EqualFold(v.GetName(), name) {
		return 0, false
	}
	if v.GetKind() != pg.VariableSetKind_VAR_SET_VALUE || len(v.GetArgs()) == 0 {
		return 0, true // DEFAULT and RESET: the server's value, which is none
	}
	return milliseconds(settingValue(v)), true
}

// setting returns what the statement sets a variable to, lower case, "" when it sets another one.
func (c *context) setting(name string) string {
	v := c.node().GetVariableSetStmt()
	if v == nil || !strings.EqualFold(v.GetName(), name) || len(v.GetArgs()) == 0 {
		return ""
	}
	return strings.ToLower(settingValue(v))
}

// configured returns what a SELECT sets by set_config(name, value, is_local), for the transaction (local) or for the session.
func configured(n *pg.Node, local bool) map[string]string {
	set := map[string]string{}
	for _, t := range n.GetSelectStmt().GetTargetList() {
		call := t.GetResTarget().GetVal().GetFuncCall()
		if args := call.GetArgs(); listName(texts(call.GetFuncname())).base == "set_config" && len(args) == 3 && args[2].GetAConst().GetBoolval().GetBoolval() == local {
			set[strings.ToLower(args[0].GetAConst().GetSval().GetSval())] = args[1].GetAConst().GetSval().GetSval()
		}
	}
	return set
}

func settingValue(v *pg.VariableSetStmt) string {
	a := v.GetArgs()[0].GetAConst()
	if a.GetIval() != nil {
		return strconv.Itoa(int(a.GetIval().GetIval()))
	}
	return a.GetSval().GetSval()
}

// milliseconds reads a time as Postgres writes it: a number of milliseconds, or a number with a unit. What it cannot read counts as set.
func milliseconds(s string) int {
	s = strings.TrimSpace(s)
	digits := strings.IndexFunc(s, func(r rune) bool { return r < '0' || r > '9' })
	if digits < 0 {
		digits = len(s)
	}
	n, err := strconv.Atoi(s[:digits])
	if err != nil {
		return 1
	}
	unit := map[string]int{"s": 1000, "min": 60_000, "h": 3_600_000, "d": 86_400_000}[strings.TrimSpace(s[digits:])]
	return n * max(unit, 1)
}
