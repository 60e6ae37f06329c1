package clickhouse

import (
	"context"
	"embed"
	"strconv"
	"strings"
	"text/template"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/google/uuid"

	"devtrail.dev/services/events"
)

//go:embed queries/*.sql
var queryFiles embed.FS

// queries are the statements by file name. A template decides the shape of a statement, never a value: those are parameters.
var queries = template.Must(template.ParseFS(queryFiles, "queries/*.sql"))

// shape is what the templates look at.
type shape struct {
	Overrides *lookup // of the pending ones of the organization
	Stamps    string  // of the events of the filter's developers; empty when they are those alone, or not known
	Filter    events.Filter
	After     bool
	Always    bool // the range is all time, which has no bounds to compare
	Basic     bool // not the places alone
	Versioned bool
	Named     bool
	Except    bool // leave out the rows of one block
}

// owned makes the shape and its parameters those of a question that needs to know whose events are.
func (sh *shape) owned(pending *lookup, p params) {
	sh.Overrides = pending
	if developers := sh.Filter.DeveloperIDs; len(developers) > 0 {
		var stamps []uuid.UUID
		if sh.Overrides, stamps = pending.about(developers); len(stamps) > 0 {
			sh.Stamps = "{stamps:Array(UUID)}"
			p.ids("stamps", stamps)
		}
	}
	sh.Overrides.into(p)
}

// Start is the parameter with which the question's range begins.
func (shape) Start() string { return "{start:Int64}" }

// End is the parameter with which it ends.
func (shape) End() string { return "{end:Int64}" }

// params are the values of a statement, as text in the server's own notation.
type params clickhouse.Parameters

// about starts the parameters of a question about an organization.
func about(organization uuid.UUID) params {
	return params{"organization": organization.String()}
}

// of starts those of a statement that stores events or reassigns identities. The organization has another name than in questions, whose limits would keep events out
// of the store.
func of(organization uuid.UUID) params {
	return params{"of": organization.String()}
}

func (p params) within(r events.Range) {
	p.micros("start", r.Start)
	p.micros("end", r.End)
}

func (p params) micros(name string, t time.Time) { p[name] = strconv.FormatInt(t.UnixMicro(), 10) }
func (p params) number(name string, n int)       { p[name] = strconv.Itoa(n) }

// text is a single text, which the server unescapes once.
func (p params) text(name, value string) { p[name] = escape.Replace(value) }

func (p params) filter(f events.Filter) {
	p.texts("names", f.Names)
	p["developers"] = list(f.DeveloperIDs, func(id uuid.UUID) string { return "'" + id.String() + "'" })
	p.texts("projects", f.Projects)
	p["source_kinds"] = list(f.SourceKinds, func(k events.SourceKind) string { return strconv.Itoa(int(k)) })
	p.texts("tools", f.Tools)
	p.texts("machines", f.Machines)
	var whole []string
	var versions []events.PackageVersion
	for _, v := range f.Packages {
		if v.Version == "" {
			whole = append(whole, v.Package)
		} else {
			versions = append(versions, v)
		}
	}
	p.texts("packages", whole)
	p["package_versions"] = list(versions, func(v events.PackageVersion) string {
		return "(" + quoted(v.Package) + "," + quoted(v.Version) + ")"
	})
}

func (p params) texts(name string, values []string) { p[name] = list(values, quoted) }

func (p params) ids(name string, ids []uuid.UUID) {
	p[name] = list(ids, func(id uuid.UUID) string { return "'" + id.String() + "'" })
}

func list[T any](values []T, write func(T) string) string {
	var b strings.Builder
	b.WriteByte('[')
	for i, v := range values {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(write(v))
	}
	b.WriteByte(']')
	return b.String()
}

var escape = strings.NewReplacer(`\`, `\\`, `'`, `\'`, "\n", `\n`, "\t", `\t`, "\r", `\r`, "\b", `\b`, "\f", `\f`, "\x00", `\0`)

func quoted(s string) string { return "'" + escape.Replace(s) + "'" }

// query runs a statement and hands each row to scan.
func (s *Store) query(ctx context.Context, name string, sh shape, p params, scan func(driver.Rows) error) error {
	return judge(ctx, s.run(ctx, name, sh, p, scan))
}

// run makes a statement of a template's shape and parameters, runs it and hands each row to scan. It returns the errors of the driver as they are.
func (s *Store) run(ctx context.Context, name string, shape any, p params, scan func(driver.Rows) error) error {
	return s.runWith(ctx, name, shape, p, nil, scan)
}

// runWith is run with settings of its own.
func (s *Store) runWith(ctx context.Context, name string, shape any, p params, settings clickhouse.Settings, scan func(driver.Rows) error) error {
	var text strings.Builder
	if err := queries.ExecuteTemplate(&text, name+".sql", shape); err != nil {
		return err
	}
	ctx, cancel, err := s.bounded(ctx, name, p, settings)
	if err != nil {
		return err
	}
	rows, err := s.conn.Query(ctx, text.String())
	if err != nil {
		cancel()
		return err
	}
	defer rows.Close()
	defer cancel() // first: closing would wait for all rows of a query that is still running
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// do runs a statement that returns nothing. It returns the errors of the driver as they are.
func (s *Store) do(ctx context.Context, name string, shape any, p params, settings clickhouse.Settings) error {
	var text strings.Builder
	if err := queries.ExecuteTemplate(&text, name+".sql", shape); err != nil {
		return err
	}
	ctx, cancel, err := s.bounded(ctx, name, p, settings)
	if err != nil {
		return err
	}
	defer cancel()
	return s.conn.Exec(ctx, text.String())
}

// whole is query for what is no question about events, such as the items of a catalog: however many rows it has, they are not too many.
func (s *Store) whole(ctx context.Context, name string, sh shape, p params, scan func(driver.Rows) error) error {
	return judge(ctx, s.runWith(ctx, name, sh, p, clickhouse.Settings{"max_result_rows": 0}, scan))
}

// some tells whether a statement counts anything.
func (s *Store) some(ctx context.Context, name string, organization uuid.UUID) (bool, error) {
	var n uint64
	err := s.query(ctx, name, shape{}, of(organization), func(rows driver.Rows) error { return rows.Scan(&n) })
	return n > 0, err
}

func formatUint(n uint64) string { return strconv.FormatUint(n, 10) }

func formatFloat(f float64) string { return strconv.FormatFloat(f, 'g', -1, 64) }
