package postgres

import (
	"context"

	"github.com/google/uuid"

	"devtrail.dev/kit/pg"
	"devtrail.dev/services/packages"
	"devtrail.dev/services/packages/internal/postgres/sqlcgen"
)

// GetPackage returns a package by its canonical purl without version. It returns packages.ErrPackageNotFound when the organization has never seen it.
func (s *Store) GetPackage(ctx context.Context, organization uuid.UUID, purl string) (packages.Package, error) {
	rows, err := s.queries.LookupPackages(ctx, s.pool, sqlcgen.LookupPackagesParams{
		OrganizationID: organization,
		Ordinals:       []int32{0},
		Purls:          []string{purl},
		Versions:       []string{""},
	})
	if err != nil {
		return packages.Package{}, pg.ServiceFault(err)
	}
	if len(rows) == 0 {
		return packages.Package{}, packages.ErrPackageNotFound.With("package %q not found", purl)
	}
	return packageFromRow(rows[0]), nil
}

// LookupPurls sets the package of each match that the organization knows, with one query for all. Matches that are not purls stay as they are.
func (s *Store) LookupPurls(ctx context.Context, organization uuid.UUID, matches []packages.Match) error {
	params := sqlcgen.LookupPackagesParams{OrganizationID: organization}
	for i, m := range matches {
		if m.IsInvalid() {
			continue
		}
		params.Ordinals = append(params.Ordinals, int32(i))
		params.Purls = append(params.Purls, m.PackagePurl)
		params.Versions = append(params.Versions, m.Version)
	}
	if len(params.Ordinals) == 0 {
		return nil
	}
	rows, err := s.queries.LookupPackages(ctx, s.pool, params)
	if err != nil {
		return pg.ServiceFault(err)
	}
	for _, row := range rows {
		if row.IsVersionKnown {
			p := packageFromRow(row)
			matches[row.Ordinal].Package = &p
		}
	}
	return nil
}

// ListVersions returns all versions of a package, in no order. It returns packages.ErrPackageNotFound when the organization has never seen the package.
func (s *Store) ListVersions(ctx context.Context, organization uuid.UUID, purl string) ([]packages.Version, error) {
	id, err := s.queries.GetPackageID(ctx, s.pool, organization, purl)
	if isNoRows(err) {
		return nil, packages.ErrPackageNotFound.With("package %q not found", purl)
	}
	if err != nil {
		return nil, pg.ServiceFault(err)
	}
	rows, err := s.queries.ListVersions(ctx, s.pool, organization, id)
	if err != nil {
		return nil, pg.ServiceFault(err)
	}
	versions := make([]packages.Version, len(rows))
	for i, row := range rows {
		versions[i] = versionFromRow(row)
	}
	return versions, nil
}
