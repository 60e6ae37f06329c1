package lint

import (
	"regexp"
	"slices"
	"strings"

	"devtrail.dev/services/migrations/internal/sqlsplit"
)

// unusedIgnore is the rule on suppressions themselves. A stale one would hide the next mistake, so it is a finding and cannot be suppressed.
var unusedIgnore = Rule{
	Name:        "unused-ignore",
	Severity:    Warning,
	Reason:      "a suppression that names no reason, an unknown rule, a finding that is not there or one that waits for a gate hides the next mistake",
	Alternative: "-- devtrail:ignore rule-name why it is safe here",
}

// directive begins a suppressing comment: "-- devtrail:ignore rule-name reason text". A blank may stand behind the colon, as in the header
// that asks for no transaction.
var directive = regexp.MustCompile(`^\s*--\s*devtrail:\s*ignore(?:\s+(\S+))?(?:\s+(.*\S))?\s*$`)

// ignore is one suppressing comment.
type ignore struct {
	line, column int // from 1
	statement    int // the statement it speaks of, -1 for the whole file
	rule, reason string
	used         bool
	// vain says that what it speaks of cannot be suppressed.
	vain bool
}

// suppress marks the findings that comments of the files suppress, and adds findings for headers and comments that are wrong or not needed.
func suppress(eng engine, files []File, found []Finding) []Finding {
	known := []string{contractWithoutNoReader.Name, contractWithoutNeed.Name, headerRefused.Name}
	for _, r := range eng.linter.Rules() {
		known = append(known, r.Name)
	}
	for _, file := range files {
		ignores := readIgnores(file, eng.dialect)
		for i := range found {
			if found[i].File == file.Name {
				mark(&found[i], ignores)
			}
		}
		for _, f := range contract(eng.dialect, file, found) {
			mark(&f, ignores)
			found = append(found, f)
		}
		found = append(found, refusedHeader(file)...)
		for _, ig := range ignores {
			if text := ig.complaint(known); text != "" {
				f := Finding{
					File: file.Name, Rule: unusedIgnore.Name, Severity: unusedIgnore.Severity, Line: ig.line, Column: ig.column,
					Statement: max(ig.statement, 0), Message: text, Alternative: unusedIgnore.Alternative,
				}
				if ig.vain {
					f.Alternative = "take the comment out"
				}
				found = append(found, f)
			}
		}
	}
	return found
}

// mark suppresses f by the first comment that fits. A comment without a reason suppresses nothing, and none suppresses what only a gate may let through:
// who still uses an object is for leases and records to say, not for the file.
func mark(f *Finding, ignores []*ignore) {
	for _, ig := range ignores {
		if ig.rule != f.Rule || ig.reason == "" || (ig.statement >= 0 && ig.statement != f.Statement) {
			continue
		}
		ig.used = true
		if f.Severity == Gate || f.Rule == contractWithoutNoReader.Name {
			ig.vain = true
			continue
		}
		f.Suppressed, f.Justification = true, ig.reason
		return
	}
}

// complaint says in a sentence what is wrong with a comment, "" when nothing is.
func (ig *ignore) complaint(known []string) string {
	switch {
	case ig.rule == "":
		return "the suppression names no rule"
	case !slices.Contains(known, ig.rule):
		return "the suppression names the rule \"" + ig.rule + "\", which does not exist"
	case ig.reason == "":
		return "the suppression of " + ig.rule + " gives no reason"
	case ig.vain:
		return "no comment suppresses " + ig.rule + ": what takes something away waits at the gate of a contract file, or passes by an override that is recorded"
	case !ig.used:
		return "the suppression of " + ig.rule + " suppresses nothing"
	default:
		return ""
	}
}

// readIgnores finds the suppressing comments. One that stands before the first statement with an empty line between is of the file's
// header and holds for the whole file; any other holds for the statement that follows it.
func readIgnores(file File, dialect sqlsplit.Dialect) []*ignore {
	statements, err := sqlsplit.Split(file.SQL, dialect)
	if err != nil {
		return nil // the engine reports what is not closed
	}
	lines := strings.Split(file.SQL, "\n")
	var ignores []*ignore
	for i, text := range lines {
		parts := directive.FindStringSubmatch(text)
		if parts == nil || inside(statements, i+1) {
			continue
		}
		ignores = append(ignores, &ignore{
			line: i + 1, column: strings.Index(text, "--") + 1, statement: target(statements, lines, i+1), rule: parts[1], reason: parts[2],
		})
	}
	return ignores
}

// inside reports whether a line lies within a statement that began before it: there it is text of a string or body, not ours.
func inside(statements []sqlsplit.Statement, line int) bool {
	for _, s := range statements {
		if s.Line < line && line <= s.Line+strings.Count(s.Text, "\n") {
			return true
		}
	}
	return false
}

// target returns the statement that a comment on this line speaks of, -1 for all of the file.
func target(statements []sqlsplit.Statement, lines []string, line int) int {
	for i, s := range statements {
		if s.Line <= line {
			continue
		}
		if i > 0 {
			return i
		}
		for _, between := range lines[line : s.Line-1] {
			if strings.TrimSpace(between) == "" {
				return -1
			}
		}
		return 0
	}
	return -1
}
