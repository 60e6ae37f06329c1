package postgres

import (
	"slices"

	"devtrail.dev/services/migrations/lint/rule"
)

// catalogue returns every rule. The groups stand in files of their own.
func catalogue() []check {
	return slices.Concat(
		indexRules(), constraintRules(), rewriteRules(), lockRules(), compatRules(), authorityRules(), dataLossRules(), transactionRules(),
		retryRules(), estimateRules(), typeRules(), designRules(), nameRules(), policyRules(),
	)
}

// unparsed is the rule on what the grammar refuses.
var unparsed = rule.Rule{
	Name: "unparsed-statement", Severity: rule.Warning,
	Reason:      "the grammar (Postgres 17) refuses the statement, so little is known of its locks and it is never taken for safe",
	Alternative: "write it in a form of Postgres 17, name the server's version if it is 18 or later, or judge it by hand and say so in -- devtrail:ignore unparsed-statement",
}
