package postgres

import (
	"context"
	"embed"
	"strings"
	"text/template"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"devtrail.dev/services/events"
)

//go:embed queries/*.sql queries/insight/*.sql
var queryFiles embed.FS

// queries are the statements by file name. A template decides the shape of a statement, never a value: those are parameters.
var queries = template.Must(template.ParseFS(queryFiles, "queries/*.sql"))

// shape is what the templates look at. A question has its own statement for each shape, so that each gets a plan that fits it.
type shape struct {
	Overrides bool // the organization has identities whose developer changed after events were stamped
	Filter    events.Filter
	After     bool
	Versioned bool
	Named     bool
	Returning bool // the ids of what was taken
}

func statement(name string, sh shape) (string, error) {
	var text strings.Builder
	err := queries.ExecuteTemplate(&text, name+".sql", sh)
	return text.String(), err
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

// query runs a statement and hands each row to scan.
func (s *Store) query(ctx context.Context, name string, sh shape, args pgx.NamedArgs, scan func(pgx.Rows) error) error {
	text, err := statement(name, sh)
	if err != nil {
		return err
	}
	rows, err := s.pool.Query(ctx, text, args)
	if err != nil {
		return translate(ctx, err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return translate(ctx, err)
		}
	}
	return translate(ctx, rows.Err())
}

// overridden tells whether overrides must be joined; while there are none the questions keep their simplest shape.
func (s *Store) overridden(ctx context.Context, organization uuid.UUID) (bool, error) {
	var some bool
	err := s.pool.QueryRow(ctx, `
SELECT EXISTS (
    SELECT 1
    FROM identity_overrides
    WHERE organization_id = $1
        AND sequence > 0
)`, organization).Scan(&some)
	return some, translate(ctx, err)
}
