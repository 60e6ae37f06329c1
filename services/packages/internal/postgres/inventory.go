package postgres

import (
	"context"
	"crypto/sha256"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"devtrail.dev/kit/pg"
	"devtrail.dev/services/packages"
	"devtrail.dev/services/packages/internal/postgres/sqlcgen"
)

// ImportInventory makes an inventory the present state of its project and path, in one transaction, and returns how many of its versions the organization
// had not seen before. The same bytes at the same revision change nothing, even when the file has had another state since.
//
// Locks are taken in one order by all imports: the project, packages by purl, versions by package and version.
func (s *Store) ImportInventory(ctx context.Context, organization uuid.UUID, inventory packages.Inventory) (newVersions int, err error) {
	err = pg.InTx(ctx, s.pool, func(tx pgx.Tx) error {
		i := importing{queries: s.queries, tx: tx, organization: organization, inventory: inventory, now: s.now().UTC().Truncate(time.Microsecond)}
		newVersions, err = i.run(ctx)
		return err
	})
	if err != nil {
		return 0, pg.ServiceFault(err)
	}
	return newVersions, nil
}

// importing is one import in its transaction.
type importing struct {
	queries      *sqlcgen.Queries
	tx           pgx.Tx
	organization uuid.UUID
	inventory    packages.Inventory
	now          time.Time
}

func (i importing) run(ctx context.Context) (newVersions int, err error) {
	manifest, err := i.lockManifest(ctx)
	if err != nil {
		return 0, err
	}
	known, err := i.queries.CountInventories(ctx, i.tx, sqlcgen.CountInventoriesParams{
		OrganizationID: i.organization,
		ManifestID:     manifest,
		Revision:       i.inventory.Revision,
		ContentSHA256:  i.inventory.ContentSHA256[:],
	})
	if err != nil || known > 0 {
		return 0, err
	}
	ids, err := i.upsertPackages(ctx)
	if err != nil {
		return 0, err
	}
	newVersions, err = i.insertVersions(ctx, ids)
	if err != nil {
		return 0, err
	}
	return newVersions, i.replaceEntries(ctx, manifest, ids)
}

// lockManifest locks the project and returns the id of its file, which follows from the project and the path.
func (i importing) lockManifest(ctx context.Context) (uuid.UUID, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return uuid.UUID{}, err
	}
	err = i.queries.InsertProject(ctx, i.tx, sqlcgen.InsertProjectParams{
		OrganizationID: i.organization,
		ProjectID:      id,
		Name:           i.inventory.Project,
		FirstSeenAt:    i.now,
	})
	if err != nil {
		return uuid.UUID{}, err
	}
	project, err := i.queries.LockProject(ctx, i.tx, i.organization, i.inventory.Project)
	if err != nil {
		return uuid.UUID{}, err
	}
	manifest := uuid.NewHash(sha256.New(), project, []byte(i.inventory.Path), 8)
	return manifest, i.queries.InsertManifest(ctx, i.tx, sqlcgen.InsertManifestParams{
		OrganizationID: i.organization,
		ManifestID:     manifest,
		ProjectID:      project,
		Path:           i.inventory.Path,
	})
}

// upsertPackages returns the id of each package by its purl.
func (i importing) upsertPackages(ctx context.Context) (map[string]uuid.UUID, error) {
	params := sqlcgen.InsertPackagesParams{OrganizationID: i.organization, FirstSeenAt: i.now}
	ids := make(map[string]uuid.UUID, len(i.inventory.Entries))
	for _, e := range i.inventory.Entries {
		if _, ok := ids[e.Package]; ok {
			continue
		}
		id, err := uuid.NewV7()
		if err != nil {
			return nil, err
		}
		ids[e.Package] = id
		params.PackageIDs = append(params.PackageIDs, id)
		params.Purls = append(params.Purls, e.Package)
		params.Types = append(params.Types, e.Type)
		params.Namespaces = append(params.Namespaces, e.Namespace)
		params.Names = append(params.Names, e.Name)
	}
	if err := i.queries.InsertPackages(ctx, i.tx, params); err != nil {
		return nil, err
	}
	// Those that were there keep their ids; a statement of its own sees what other imports have committed meanwhile.
	rows, err := i.queries.ListPackageIDs(ctx, i.tx, i.organization, params.Purls)
	if err != nil {
		return nil, err
	}
	for _, row := range rows {
		ids[row.Purl] = row.PackageID
	}
	return ids, nil
}

func (i importing) insertVersions(ctx context.Context, ids map[string]uuid.UUID) (int, error) {
	params := sqlcgen.InsertVersionsParams{OrganizationID: i.organization, FirstSeenAt: i.now}
	for _, e := range i.inventory.Entries {
		if e.Version != "" {
			params.PackageIDs = append(params.PackageIDs, ids[e.Package])
			params.Versions = append(params.Versions, e.Version)
		}
	}
	count, err := i.queries.InsertVersions(ctx, i.tx, params)
	return int(count), err
}

// replaceEntries ends and begins what differs from the state before.
func (i importing) replaceEntries(ctx context.Context, manifest uuid.UUID, ids map[string]uuid.UUID) error {
	number, err := i.queries.InsertInventory(ctx, i.tx, sqlcgen.InsertInventoryParams{
		OrganizationID: i.organization,
		ManifestID:     manifest,
		Revision:       i.inventory.Revision,
		Format:         string(i.inventory.Format),
		ContentSHA256:  i.inventory.ContentSHA256[:],
		SkippedCount:   int32(i.inventory.SkippedCount),
		ImportedAt:     i.now,
	})
	if err != nil {
		return err
	}
	packageIDs := make([]uuid.UUID, len(i.inventory.Entries))
	versions := make([]string, len(i.inventory.Entries))
	for n, e := range i.inventory.Entries {
		packageIDs[n], versions[n] = ids[e.Package], e.Version
	}
	err = i.queries.EndInventoryEntries(ctx, i.tx, sqlcgen.EndInventoryEntriesParams{
		Number:         number,
		OrganizationID: i.organization,
		ManifestID:     manifest,
		PackageIDs:     packageIDs,
		Versions:       versions,
	})
	if err != nil {
		return err
	}
	return i.queries.BeginInventoryEntries(ctx, i.tx, sqlcgen.BeginInventoryEntriesParams{
		OrganizationID: i.organization,
		ManifestID:     manifest,
		Number:         number,
		PackageIDs:     packageIDs,
		Versions:       versions,
	})
}

// EndManifests ends the files of a project that state something and are not among those that are present, in one transaction, and returns how many did. What was
// said of a revision before changes nothing, even when a file has had another state since.
func (s *Store) EndManifests(ctx context.Context, organization uuid.UUID, project, revision string, present []string) (ended int, err error) {
	err = pg.InTx(ctx, s.pool, func(tx pgx.Tx) error {
		id, err := s.queries.LockProject(ctx, tx, organization, project)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		gone, err := s.gone(ctx, tx, organization, id, present)
		if err != nil || len(gone) == 0 {
			return err
		}
		count, err := s.queries.EndManifests(ctx, tx, sqlcgen.EndManifestsParams{
			OrganizationID: organization,
			Revision:       revision,
			EndedAt:        s.now().UTC().Truncate(time.Microsecond),
			ManifestIDs:    gone,
		})
		ended = int(count)
		return err
	})
	if err != nil {
		return 0, pg.ServiceFault(err)
	}
	return ended, nil
}

// gone is which files of a project are not present. Both lists may be long, and the database does not know so of one that it is given: it
// would compare each with each.
func (s *Store) gone(ctx context.Context, tx pgx.Tx, organization, project uuid.UUID, present []string) ([]uuid.UUID, error) {
	manifests, err := s.queries.ListManifests(ctx, tx, organization, project)
	if err != nil {
		return nil, err
	}
	paths := make(map[string]bool, len(present))
	for _, path := range present {
		paths[path] = true
	}
	var gone []uuid.UUID
	for _, m := range manifests {
		if !paths[m.Path] {
			gone = append(gone, m.ManifestID)
		}
	}
	return gone, nil
}
