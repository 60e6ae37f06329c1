package postgres

import (
	"context"
	"embed"
	"math"
	"strings"
	"text/template"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"devtrail.dev/services/events"
	"devtrail.dev/services/events/internal/overrides"
	"devtrail.dev/services/events/internal/querytag"
)

//go:embed queries/*.sql queries/insight/*.sql
var queryFiles embed.FS

// queries are the statements by file name. A template decides the shape of a statement, never a value: those are parameters.
var queries = template.Must(template.ParseFS(queryFiles, "queries/*.sql"))

// shape is what the templates look at. A question has its own statement for each shape, so that each gets a plan that fits it.
type shape struct {
	Overrides bool                 // pending overrides are looked up
	Compared  []overrides.Override // these; without any they are joined
	Filter    events.Filter
	One       bool // the filter names one developer
	After     bool
	Basic     bool // not the whole events
	Versioned bool
	Named     bool
	Returning bool // the ids of what was taken
}

func statement(name string, sh shape) (string, error) {
	var text strings.Builder
	err := queries.ExecuteTemplate(&text, name+".sql", sh)
	return text.String(), err
}

// kindOnly is the tag of a statement that no question asks. It is always the same, so that the statement stays prepared.
func kindOnly(kind string) string { return querytag.Comment("", events.Tag{Kind: kind}) }

// work is a statement that no question asks, under its tag.
func work(name string, sh shape) (string, error) {
	text, err := statement(name, sh)
	return kindOnly(name) + text, err
}

// about starts the parameters of a question about an organization.
func about(organization uuid.UUID, r events.Range) pgx.NamedArgs {
	return pgx.NamedArgs{"organization": organization, "start": r.Start, "end": r.End}
}

func addFilter(args pgx.NamedArgs, f events.Filter) {
	whole, versioned, versions := splitPackages(f.Packages)
	kinds := make([]int16, len(f.SourceKinds))
	for i, k := range f.SourceKinds {
		kinds[i] = int16(k)
	}
	args["names"], args["developers"], args["projects"] = f.Names, f.DeveloperIDs, f.Projects
	args["source_kinds"], args["tools"], args["machines"] = kinds, f.Tools, f.Machines
	args["packages"], args["versioned_packages"], args["versions"] = whole, versioned, versions
}

// splitPackages tells the packages that are wanted whole from those of which a version is wanted.
func splitPackages(packages []events.PackageVersion) (whole, versioned, versions []string) {
	whole, versioned, versions = []string{}, []string{}, []string{}
	for _, p := range packages {
		if p.Version == "" {
			whole = append(whole, p.Package)
		} else {
			versioned, versions = append(versioned, p.Package), append(versions, p.Version)
		}
	}
	return whole, versioned, versions
}

// answer asks a statement of queries in the session and hands each row to scan.
func (s *session) answer(ctx context.Context, name string, sh shape, args pgx.NamedArgs, scan func(pgx.Rows) error) error {
	text, err := statement(name, sh)
	if err != nil {
		return err
	}
	return s.run(ctx, name, text, args, scan)
}

// query is answer in a session of its own, in the organization of the arguments, for what is no question about events, such as the items of a catalog: however many
// rows it has, they are not too many.
func (s *Store) query(ctx context.Context, name string, sh shape, args pgx.NamedArgs, scan func(pgx.Rows) error) error {
	organization, _ := args["organization"].(uuid.UUID)
	return s.ask(ctx, organization, func(look *session) error {
		look.rows = math.MaxInt64
		return look.answer(ctx, name, sh, args, scan)
	})
}
