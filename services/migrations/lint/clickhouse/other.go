package clickhouse

import (
	"slices"
	"strings"

	"devtrail.dev/services/migrations/lint/rule"
)

// syntaxError is the rule on text that cannot be read, which is never taken for safe.
var syntaxError = rule.Rule{
	Name: "ch-syntax-error", Severity: rule.Error,
	Reason:      "the statement cannot be read, so the server refuses it (code 62) or nobody knows what it does",
	Alternative: "EXPLAIN AST <statement> on the server says whether it is valid",
}

// statementRules judge statements by their kind.
func statementRules() []entry {
	return []entry{
		{syntaxError, unreadable},
		{rule.Rule{
			Name: "ch-not-idempotent", Severity: rule.Error,
			Reason:      "ClickHouse has no DDL transaction, so each statement must be safe to repeat after a break",
			Alternative: "CREATE TABLE IF NOT EXISTS, ADD COLUMN IF NOT EXISTS, DROP COLUMN IF EXISTS",
		}, notIdempotent},
		{rule.Rule{
			Name: "ch-session-setting-in-migration", Severity: rule.Warning,
			Reason:      "SET does not survive connection pools or HTTP",
			Alternative: "ALTER TABLE t ... SETTINGS mutations_sync = 2",
		}, sessionSetting},
		{rule.Rule{
			Name: "ch-system-command-in-migration", Severity: rule.Error,
			Reason:      "SYSTEM commands change a running server, on one host and until it restarts",
			Alternative: "an operator's action outside migrations",
		}, systemCommand},
		{rule.Rule{
			Name: "ch-kill-mutation-in-migration", Severity: rule.Error,
			Reason:      "KILL acts on whatever runs at that moment",
			Alternative: "an operator's action; the runner can cancel the mutations that it started",
		}, killMutation},
		{rule.Rule{
			Name: "ch-credentials-or-endpoints-in-ddl", Severity: rule.Error,
			Reason:      "secrets and addresses in DDL stand in the repository, in system.tables and in logs, and differ by installation",
			Alternative: "a named collection of the server's configuration: ENGINE = Kafka(collection)",
		}, credentials},
	}
}

// unreadable reports what the recogniser could not read.
func unreadable(c *check) {
	if c.wrong != nil {
		c.report(c.wrong.pos, c.wrong.text, "")
	}
}

// guardable are the heads whose statement has a form with IF EXISTS or IF NOT EXISTS.
var guardable = []string{
	"CREATE TABLE", "CREATE VIEW", "CREATE MATERIALIZED VIEW", "CREATE WINDOW VIEW", "CREATE DICTIONARY", "CREATE DATABASE", "CREATE FUNCTION",
	"CREATE NAMED COLLECTION", "CREATE USER", "CREATE ROLE", "CREATE ROW POLICY", "CREATE POLICY", "CREATE QUOTA", "CREATE SETTINGS PROFILE", "CREATE PROFILE", "CREATE INDEX",
	"DROP TABLE", "DROP VIEW", "DROP DICTIONARY", "DROP DATABASE", "DROP FUNCTION", "DROP COLLECTION", "DROP USER", "DROP ROLE", "DROP POLICY", "DROP QUOTA", "DROP PROFILE",
	"DROP INDEX", "DETACH TABLE", "DETACH VIEW", "DETACH DICTIONARY",
}

// notIdempotent finds statements and commands that fail when they are repeated.
func notIdempotent(c *check) {
	head := strings.TrimSuffix(c.head, " PERMANENTLY")
	replaces := c.create != nil && c.create.orReplace
	if slices.Contains(guardable, head) && !c.guarded && !replaces && !c.temporary() && c.wrong == nil {
		guard := "IF EXISTS"
		if c.create != nil {
			guard = "IF NOT EXISTS"
		}
		c.report(c.pos(), c.head+" "+c.object.String()+" fails when it is repeated", c.head+" "+guard+" "+c.object.String()+" ...")
	}
	if c.alter == nil {
		return
	}
	for _, cmd := range c.alter.commands {
		verb, what, _ := strings.Cut(cmd.kind, "_")
		adds, drops := verb == "ADD", verb == "DROP" && !cmd.clear || verb == "RENAME"
		if !slices.Contains(elements, what) || cmd.guarded || !adds && !drops {
			continue
		}
		guard := "IF EXISTS"
		if adds {
			guard = "IF NOT EXISTS"
		}
		c.report(cmd.pos, verb+" "+what+" "+cmd.name+" on "+c.object.String()+" fails when it is repeated", "ALTER TABLE "+c.object.String()+" "+verb+" "+what+" "+guard+" "+cmd.name+" ...")
	}
}

// sessionSetting finds SET as a statement of its own.
func sessionSetting(c *check) {
	if c.head == "SET" {
		c.report(c.pos(), "the setting holds for a session that the next statement may not share", "")
	}
}

// systemCommand finds SYSTEM.
func systemCommand(c *check) {
	if c.head == "SYSTEM" {
		c.report(c.pos(), "the command "+quote(join(c.tokens))+" acts on a running server", "")
	}
}

// killMutation finds KILL.
func killMutation(c *check) {
	if strings.HasPrefix(c.head, "KILL") {
		c.report(c.pos(), c.head+" acts on whatever runs at that moment", "")
	}
}
