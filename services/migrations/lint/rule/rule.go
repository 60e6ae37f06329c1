// Package rule holds what the linter and its engines say to each other: rules, findings, files and options. It is a leaf: the engines
// (lint/postgres, lint/clickhouse) import it, package lint imports the engines and gives callers these types under its own name.
//
// An engine is one value with two methods (see Linter). It reports everything it sees; what a comment suppresses is decided by package
// lint, which knows where the comments stand.
package rule

// Severity says what happens to a finding when the files are applied.
type Severity string

// The severities, from the strongest.
const (
	// Error is refused without a comment in the file that gives a reason, or a named, recorded override.
	Error Severity = "error"
	// Gate is a contract step: held until no live instance needs the object. In a file that is no contract it is refused without a named, recorded override.
	// No comment suppresses it.
	Gate Severity = "gate"
	// Warning must be acknowledged in the file; it refuses nothing.
	Warning Severity = "warning"
	// Info is shown in the plan.
	Info Severity = "info"
	// Policy is a team's choice: off unless Options.Policies names the rule.
	Policy Severity = "policy"
)

// Rule is one entry of an engine's catalogue.
type Rule struct {
	// Name is stable: it stands in suppressions and in SARIF.
	Name string
	// Severity of its findings.
	Severity Severity
	// Reason is why the rule exists, in one sentence.
	Reason string
	// Alternative is the safe way as SQL (or what to do, when there is no SQL), with placeholders.
	Alternative string
}

// Finding is one place where a rule speaks.
type Finding struct {
	// File is the Name of the file.
	File string
	// Rule is the name of the rule.
	Rule string
	// Severity is the rule's.
	Severity Severity
	// Line and Column of the place, from 1. An engine counts the bytes of the line; package lint gives its callers characters.
	Line, Column int
	// Statement is the index of the statement in its file, from 0.
	Statement int
	// Message is the reason in one sentence, with the names of this statement.
	Message string
	// Alternative is the safe way as SQL, with the names of this statement where they are known.
	Alternative string
	// Lock is the strongest lock that the statement takes on a table that exists, as Postgres spells it ("ACCESS EXCLUSIVE"); "" when none or not known.
	Lock string
	// Objects are what the statement takes away from builds that use it, as a contract file's header names them: table.column, or table.* for a
	// whole table or view. Empty when it takes away nothing, or nothing that has such a name.
	Objects []string
	// Suppressed is true when a comment in the file suppresses the finding, with Justification as its reason.
	Suppressed bool
	// Justification is the reason that the suppressing comment gives.
	Justification string
}

// File is one migration.
type File struct {
	// Name is shown in findings.
	Name string
	// SQL is the text.
	SQL string
	// Apart says that whoever applies the file has seen by its statements that it cannot share a transaction, whether its header says so or not.
	Apart bool
}

// Options is what the text of the files does not say. The zero value is a Postgres of the oldest version that we serve, statements that
// commit one by one, and no policies.
type Options struct {
	// ServerVersion is Postgres' major version as a decimal (15, 18, 14.2) or ClickHouse's ("26.7"); "" is the engine's default.
	ServerVersion string
	// InTransaction is true when the runner wraps each file in a transaction.
	InTransaction bool
	// OwnHeaders is true when our runner applies the files. It runs a file in a transaction that only the header of another tool sets apart, so such
	// headers are not believed.
	OwnHeaders bool
	// TimeoutsSet is true when the runner sets lock_timeout and statement_timeout, so that files need not.
	TimeoutsSet bool
	// HotTables are tables under constant use, as [schema.]table.
	HotTables []string
	// Pairs maps a Distributed table of ClickHouse to its local table.
	Pairs map[string]string
	// Cluster is the name of the ClickHouse cluster, "" for one host.
	Cluster string
	// Explain asks a ClickHouse server whether its parser takes a statement: nil, a *Refusal, or an error of the connection, which Lint returns.
	// When it is nil the linter's own reading decides what is ch-syntax-error.
	Explain func(sql string) error
	// Estimate asks a Postgres server how many rows an UPDATE, DELETE or INSERT would touch: the rows, a *Refusal when the server cannot plan it,
	// or an error of the connection, which Lint returns. When it is nil, affected-row-limit and dml-dry-run are silent.
	Estimate func(sql string) (rows float64, err error)
	// RowLimit is from how many estimated rows on affected-row-limit speaks; 0 is DefaultRowLimit.
	RowLimit float64
	// Policies names the rules of severity Policy that are switched on. "*" is all of them.
	Policies []string
}

// DefaultRowLimit is how many rows one statement of a migration may touch: more than one batch of a backfill, less than a table.
const DefaultRowLimit = 10_000

// Refusal is a server's answer to a statement that it does not take.
type Refusal struct {
	// Message is the server's sentence.
	Message string
	// Offset is where in the statement's text, in bytes; 0 when the server does not say.
	Offset int
}

// Error returns the server's sentence.
func (r *Refusal) Error() string { return r.Message }

// Policy reports whether the policy rule of this name is switched on.
func (o Options) Policy(name string) bool {
	for _, p := range o.Policies {
		if p == name || p == "*" {
			return true
		}
	}
	return false
}

// Linter is one engine's part of the linter. Implementations are safe for use from several goroutines.
type Linter interface {
	// Rules returns the catalogue, ordered by name. The slice is the caller's.
	Rules() []Rule
	// Lint reads setup into the schema without judging it, then judges files in order, each upon the schema that the earlier ones leave.
	// Findings are in order of file and statement. It fails only when the engine itself cannot work: SQL that cannot be read is a finding.
	Lint(setup, files []File, opts Options) ([]Finding, error)
}
