package render

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"

	migrationsv1 "devtrail.dev/proto/gen/devtrail/migrations/v1"
)

// JSONLine prints a message as JSON in one line, the same bytes for the same message.
func JSONLine(w io.Writer, message proto.Message) error {
	return writeJSON(w, message, "")
}

// word is the name of an enum's value as people say it, without the prefix that all its values share.
func word(value fmt.Stringer, prefix string) string {
	return strings.ToLower(strings.ReplaceAll(strings.TrimPrefix(value.String(), prefix), "_", " "))
}

func span(d *durationpb.Duration) string {
	if d == nil {
		return "-"
	}
	return d.AsDuration().Round(time.Millisecond).String()
}

// MigrationStatus prints how databases stand, a line each, and what they wait for.
func MigrationStatus(w io.Writer, answer *migrationsv1.GetStatusResponse) error {
	t := newTable(w, "DATABASE", "ENGINE", "STATE", "VERSION", "NEWEST", "WAITS")
	for _, d := range answer.GetDatabases() {
		waits := strings.Join(append(d.GetPending(), d.GetWaiting()...), " ")
		if d.GetMessage() != "" {
			waits = strings.TrimSpace(waits + " (" + d.GetMessage() + ")")
		}
		t.row(d.GetDatabase(), word(d.GetEngine(), "ENGINE_"), word(d.GetState(), "DATABASE_STATE_"),
			fmt.Sprintf("%04d", d.GetVersion()), fmt.Sprintf("%04d", d.GetTargetVersion()), firstOf(waits, "-"))
	}
	return t.flush()
}

// MigrationHistory prints what was applied.
func MigrationHistory(w io.Writer, answer *migrationsv1.ListHistoryResponse) error {
	t := newTable(w, "APPLIED", "FILE", "TOOK", "LOCK WAIT", "BUILD", "BY", "NOTES")
	for _, e := range answer.GetEntries() {
		var notes []string
		if e.GetBaseline() {
			notes = append(notes, "recorded, not run")
		}
		for _, o := range e.GetOverrides() {
			notes = append(notes, o.GetRule()+" overridden by "+o.GetActor()+": "+o.GetReason())
		}
		t.row(instant(e.GetAppliedAt(), time.UTC), e.GetName(), span(e.GetDuration()), span(e.GetLockWait()), e.GetAppliedBy(),
			firstOf(e.GetActor(), "the service"), firstOf(strings.Join(notes, "; "), "-"))
	}
	return t.flush()
}

// MigrationStep prints a step of an attempt.
func MigrationStep(w io.Writer, s *migrationsv1.ApplyDatabaseResponse) error {
	line := []string{word(s.GetPhase(), "PHASE_")}
	if s.GetFile() != "" {
		line = append(line, s.GetFile())
	}
	if s.GetStatement() > 0 {
		line = append(line, fmt.Sprintf("statement %d of %d", s.GetStatement(), s.GetStatements()))
	}
	if s.GetHost() != "" {
		line = append(line, "on "+s.GetHost())
	}
	if s.GetPercent() > 0 {
		line = append(line, fmt.Sprintf("%.0f%%", s.GetPercent()))
	}
	if s.GetRows() > 0 {
		line = append(line, plural(s.GetRows(), "row", "rows"))
	}
	if s.GetLockWait().AsDuration() > 0 {
		line = append(line, "waited "+span(s.GetLockWait())+" for locks")
	}
	if s.GetMessage() != "" {
		line = append(line, s.GetMessage())
	}
	_, err := fmt.Fprintln(w, clean(strings.Join(line, "  ")))
	return err
}

// MigrationDrift prints the differences of a database.
func MigrationDrift(w io.Writer, database string, answer *migrationsv1.GetDriftResponse) error {
	if len(answer.GetDifferences()) == 0 {
		_, err := fmt.Fprintln(w, clean(database)+" is what its files make")
		return err
	}
	t := newTable(w, "DATABASE", "KIND", "OBJECT", "EXPECTED", "ACTUAL")
	for _, d := range answer.GetDifferences() {
		object := d.GetObject()
		if d.GetHost() != "" {
			object += " on " + d.GetHost()
		}
		t.row(database, d.GetKind(), object, firstOf(d.GetExpected(), "(absent)"), firstOf(d.GetActual(), "(absent)"))
	}
	return t.flush()
}

// MigrationGates prints the gates with who is in the way.
func MigrationGates(w io.Writer, answer *migrationsv1.ListGatesResponse) error {
	if len(answer.GetGates()) == 0 {
		_, err := fmt.Fprintln(w, "no contract file waits")
		return err
	}
	return gates(w, answer.GetGates())
}

func gates(w io.Writer, list []*migrationsv1.Gate) error {
	t := newTable(w, "DATABASE", "FILE", "GATE", "TAKES AWAY", "SOAK", "EARLIEST", "IN THE WAY")
	for _, g := range list {
		offenders := g.GetOffenders()
		first := "-"
		if len(offenders) > 0 {
			first, offenders = offenders[0].GetKind()+": "+offenders[0].GetMessage(), offenders[1:]
		}
		t.row(g.GetDatabase(), g.GetFile(), word(g.GetState(), "GATE_STATE_"), strings.Join(g.GetObjects(), " "), span(g.GetSoak()), instant(g.GetEarliest(), time.UTC), first)
		for _, o := range offenders {
			t.row("", "", "", "", "", "", o.GetKind()+": "+o.GetMessage())
		}
	}
	return t.flush()
}

// MigrationOverride prints an override that was recorded.
func MigrationOverride(w io.Writer, answer *migrationsv1.OverrideStepResponse) error {
	o := answer.GetOverride()
	_, err := fmt.Fprintln(w, clean(fmt.Sprintf("%s may pass %s, by %s at %s: %s", o.GetFile(), o.GetRule(), o.GetActor(), instant(o.GetAt(), time.UTC), o.GetReason())))
	return err
}

// Backfills prints backfills, a line each.
func Backfills(w io.Writer, answer *migrationsv1.ListBackfillsResponse) error {
	if len(answer.GetBackfills()) == 0 {
		_, err := fmt.Fprintln(w, "no file declares a backfill")
		return err
	}
	t := newTable(w, "DATABASE", "BACKFILL", "TABLE", "STATE", "ROWS", "OF ABOUT", "BATCH", "LATENCY", "CHECKPOINT", "MESSAGE")
	for _, b := range answer.GetBackfills() {
		t.row(b.GetDatabase(), b.GetName(), b.GetTable(), word(b.GetState(), "BACKFILL_STATE_"), strconv.FormatInt(b.GetRowsDone(), 10),
			strconv.FormatInt(b.GetRowsTotal(), 10), strconv.Itoa(int(b.GetBatchSize())), span(b.GetBatchLatency()), firstOf(b.GetCheckpoint(), "-"), firstOf(b.GetMessage(), "-"))
	}
	return t.flush()
}

// Backfill prints how one stands, in a line.
func Backfill(w io.Writer, b *migrationsv1.Backfill) error {
	line := fmt.Sprintf("%s  %s  %d of about %d rows", b.GetName(), word(b.GetState(), "BACKFILL_STATE_"), b.GetRowsDone(), b.GetRowsTotal())
	if b.GetBatchLatency().AsDuration() > 0 {
		line += fmt.Sprintf("  batches of %d in %s", b.GetBatchSize(), span(b.GetBatchLatency()))
	}
	if b.GetMessage() != "" {
		line += "  " + b.GetMessage()
	}
	_, err := fmt.Fprintln(w, clean(line))
	return err
}

func firstOf(values ...string) string {
	for _, value := range values {
		if value != "" {
			return value
		}
	}
	return ""
}
