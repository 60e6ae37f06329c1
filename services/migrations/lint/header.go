package lint

import (
	"regexp"

	"devtrail.dev/kit/schema"
)

// headerRefused is the rule on what a file says of itself. It cannot be suppressed, since no comment makes the file one that can be applied.
var headerRefused = Rule{
	Name: "header-refused", Severity: Error,
	Reason:      "the migrations service does not start with a file whose header or annotations of goose it does not understand",
	Alternative: "one word a line before the first statement: -- devtrail: no-transaction, background, contract, no-reader table.column, soak 24h, after 0042, after-backfill 0042_name",
}

// backfillHeader tells the files of backfills, whose headers have words of their own.
var backfillHeader = regexp.MustCompile(`(?m)^\s*--\s*devtrail:\s*backfill\b`)

// refusedHeader returns a finding when the file would be refused for its header.
func refusedHeader(file File) []Finding {
	if backfillHeader.MatchString(file.SQL) {
		return nil
	}
	_, err := schema.ParseHeader(file.SQL)
	if err == nil {
		_, err = schema.Applied(file.SQL)
	}
	if err == nil {
		return nil
	}
	return []Finding{{
		File: file.Name, Rule: headerRefused.Name, Severity: headerRefused.Severity, Line: 1, Column: 1,
		Message: err.Error(), Alternative: headerRefused.Alternative,
	}}
}
