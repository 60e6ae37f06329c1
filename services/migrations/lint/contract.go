package lint

import (
	"fmt"
	"slices"
	"strings"

	"devtrail.dev/kit/schema"
	"devtrail.dev/services/migrations/internal/sqlsplit"
)

// The rules on contract files: those that take something away from builds that run, and wait until nobody uses it.
var (
	contractWithoutNoReader = Rule{
		Name: "contract-without-no-reader", Severity: Error,
		Reason:      "the gate of a contract file watches what its header names, so what the header leaves out is taken away while it is in use",
		Alternative: "-- devtrail: no-reader table.column",
	}
	contractWithoutNeed = Rule{
		Name: "contract-without-need", Severity: Warning,
		Reason:      "a file that takes nothing away waits behind a gate for nothing, and services do not wait for it",
		Alternative: "remove -- devtrail: contract with its no-reader and soak",
	}
)

// contract judges the header of a file by what its statements take away. To findings that need a gate in a file without one it adds how
// the header is written.
func contract(dialect sqlsplit.Dialect, file File, found []Finding) []Finding {
	header, err := schema.ParseHeader(file.SQL)
	if err != nil && header.Contract == nil {
		return nil // it is headerRefused
	}
	if header.Contract == nil {
		adviseContract(file, found)
		return nil
	}
	var list []Finding
	taken := false
	for _, f := range found {
		if f.File != file.Name || (f.Severity != Gate && len(f.Objects) == 0) {
			continue
		}
		taken = true
		missing := slices.DeleteFunc(slices.Clone(f.Objects), func(o string) bool { return covered(o, header.Contract.NoReader) })
		if len(missing) == 0 {
			continue
		}
		list = append(list, Finding{
			File: file.Name, Rule: contractWithoutNoReader.Name, Severity: contractWithoutNoReader.Severity, Line: f.Line, Column: f.Column, Statement: f.Statement,
			Message:     fmt.Sprintf("the statement takes %s away, and the header does not wait for its readers", strings.Join(missing, ", ")),
			Alternative: noReaders(missing), Objects: missing,
		})
	}
	if !taken && !narrows(dialect, file.SQL) {
		list = append(list, Finding{
			File: file.Name, Rule: contractWithoutNeed.Name, Severity: contractWithoutNeed.Severity, Line: 1, Column: 1,
			Message: "no statement of the file takes anything away, so nothing has to wait", Alternative: contractWithoutNeed.Alternative,
		})
	}
	return list
}

// adviseContract puts the header that a file lacks into the alternatives of findings that need a gate.
func adviseContract(file File, found []Finding) {
	for i, f := range found {
		if f.File != file.Name || f.Severity != Gate {
			continue
		}
		objects := f.Objects
		if len(objects) == 0 {
			objects = []string{"table.column"}
		}
		found[i].Alternative += "\n-- a step that waits until nobody uses it is a file of its own that begins with\n-- devtrail: contract\n" + noReaders(objects) + "\n-- devtrail: soak 24h"
	}
}

// noReaders writes the lines of a header.
func noReaders(objects []string) string {
	lines := make([]string, len(objects))
	for i, o := range objects {
		lines[i] = "-- devtrail: no-reader " + o
	}
	return strings.Join(lines, "\n")
}

// covered reports whether the header waits for the readers of an object: it names it, or all of its table.
func covered(object string, noReader []string) bool {
	table, _, _ := strings.Cut(object, ".")
	return slices.Contains(noReader, object) || slices.Contains(noReader, table+".*")
}

// narrowing are words of statements that take something away, or demand more of writers than before.
var narrowing = []string{
	"DROP", "RENAME", "REVOKE", "TRUNCATE", "DELETE", "CLEAR", "MODIFY", "EXCHANGE", "REPLACE", "DETACH", "CONSTRAINT", "UNIQUE", "CHECK", "TYPE", "SET", "DISABLE", "DO", "CALL",
}

// narrows reports whether the file may take something away that no finding speaks of, such as SET NOT NULL without a scan.
func narrows(dialect sqlsplit.Dialect, sql string) bool {
	tokens, err := sqlsplit.Tokens(sql, dialect)
	return err != nil || slices.ContainsFunc(tokens, func(t sqlsplit.Token) bool {
		return t.Kind == sqlsplit.Word && slices.Contains(narrowing, strings.ToUpper(t.Text))
	})
}
