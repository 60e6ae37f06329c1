package render

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	migrationsv1 "devtrail.dev/proto/gen/devtrail/migrations/v1"
)

// MigrationPlan prints what would be applied: segment by segment, each statement with what it does, then findings and gates, and the fingerprint for apply.
func MigrationPlan(w io.Writer, p *migrationsv1.PlanDatabaseResponse) error {
	if len(p.GetSegments()) == 0 {
		_, err := fmt.Fprintln(w, "nothing waits in "+clean(p.GetDatabase()))
		return err
	}
	for i, s := range p.GetSegments() {
		kind := "one statement at a time"
		if s.GetTransaction() {
			kind = "one transaction"
		}
		if s.GetBackground() {
			kind += ", in the background"
		}
		if _, err := fmt.Fprintf(w, "segment %d: %s\n", i+1, kind); err != nil {
			return err
		}
		if err := statements(w, s.GetStatements()); err != nil {
			return err
		}
	}
	if len(p.GetFindings()) > 0 {
		if err := findings(w, p.GetFindings()); err != nil {
			return err
		}
	}
	if len(p.GetGates()) > 0 {
		fmt.Fprintln(w)
		if err := gates(w, p.GetGates()); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(w, "\ndevtrail migrate apply %s --plan %s\n", clean(p.GetDatabase()), clean(p.GetFingerprint()))
	return err
}

func statements(w io.Writer, list []*migrationsv1.PlanStatement) error {
	t := newTable(w, "  WHERE", "STATEMENT", "ON", "LOCK", "DOES", "LIVE ROWS", "AT MOST ABOUT")
	for _, s := range list {
		where := fmt.Sprintf("  %s:%d", s.GetFile(), s.GetLine())
		sql := cut(strings.Join(strings.Fields(s.GetSql()), " "), 60)
		estimate := span(s.GetEstimate())
		if s.GetUnmeasured() != "" {
			t.row(where, sql, "?", "?", "not measured: "+s.GetUnmeasured(), "", "")
			continue
		}
		if len(s.GetEffects()) == 0 {
			t.row(where, sql, "-", "-", "-", "-", estimate)
		}
		for _, e := range s.GetEffects() {
			var does []string
			if e.GetRewrite() {
				does = append(does, "rewrites")
			}
			if e.GetScan() {
				does = append(does, "scans")
			}
			t.row(where, sql, e.GetRelation(), firstOf(e.GetLock(), "-"), firstOf(strings.Join(does, ", "), "-"), strconv.FormatInt(e.GetLiveRows(), 10), estimate)
			where, sql, estimate = " ", "", ""
		}
	}
	return t.flush()
}

func findings(w io.Writer, list []*migrationsv1.Finding) error {
	fmt.Fprintln(w)
	t := newTable(w, "FINDING", "WHERE", "RULE", "WHY")
	for _, f := range list {
		kind := word(f.GetSeverity(), "SEVERITY_")
		if f.GetSuppressed() {
			kind = "suppressed"
		}
		t.row(kind, fmt.Sprintf("%s:%d", f.GetFile(), f.GetLine()), f.GetRule(), f.GetMessage())
	}
	return t.flush()
}
