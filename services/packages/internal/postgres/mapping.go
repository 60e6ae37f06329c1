package postgres

import (
	"errors"

	"github.com/jackc/pgx/v5"

	"devtrail.dev/services/packages"
	"devtrail.dev/services/packages/internal/postgres/sqlcgen"
)

func packageFromRow(row sqlcgen.LookupPackagesRow) packages.Package {
	return packages.Package{
		Purl:         row.Purl,
		Type:         row.Type,
		Namespace:    row.Namespace,
		Name:         row.Name,
		FirstSeenAt:  row.FirstSeenAt.UTC(),
		VersionCount: int(row.VersionCount),
		ProjectCount: int(row.ProjectCount),
	}
}

func versionFromRow(row sqlcgen.ListVersionsRow) packages.Version {
	return packages.Version{Version: row.Version, FirstSeenAt: row.FirstSeenAt.UTC()}
}

func isNoRows(err error) bool { return errors.Is(err, pgx.ErrNoRows) }
