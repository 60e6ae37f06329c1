package postgres

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"devtrail.dev/services/identity"
	"devtrail.dev/services/identity/internal/postgres/sqlcgen"
)

// Developers keeps developers and their merges.
type Developers struct{ database }

// Create adds a developer. With a request id (not uuid.Nil) that was used before it returns that request's developer as it is now.
// An unknown organization is identity.ErrOrganizationNotFound.
func (d *Developers) Create(ctx context.Context, organizationID uuid.UUID, developer identity.Developer, requestID uuid.UUID) (identity.Developer, error) {
	var added int64
	err := d.write(ctx, func(tx pgx.Tx) (err error) {
		added, err = d.queries.InsertDeveloper(ctx, tx, sqlcgen.InsertDeveloperParams{
			OrganizationID: organizationID,
			ID:             developer.ID,
			DisplayName:    developer.DisplayName,
			RequestID:      orNull(requestID),
			CreatedAt:      developer.CreatedAt,
		})
		return err
	})
	if err != nil {
		return identity.Developer{}, translate(err)
	}
	if added > 0 {
		return developer, nil
	}
	id, err := d.queries.GetDeveloperIDByRequest(ctx, d.pool, organizationID, requestID)
	if err != nil {
		return identity.Developer{}, translate(err)
	}
	return d.Get(ctx, organizationID, id)
}

// Get returns a developer with all identities; a merged developer's id returns its survivor. An unknown id is identity.ErrDeveloperNotFound.
func (d *Developers) Get(ctx context.Context, organizationID, id uuid.UUID) (identity.Developer, error) {
	return d.get(ctx, d.pool, organizationID, id)
}

func (d *Developers) get(ctx context.Context, db sqlcgen.DBTX, organizationID, id uuid.UUID) (identity.Developer, error) {
	rows, err := d.queries.GetDevelopers(ctx, db, organizationID, []uuid.UUID{id})
	if err != nil {
		return identity.Developer{}, translate(err)
	}
	developer, ok := developersFromRows(rows)[id]
	if !ok {
		return identity.Developer{}, developerNotFound(id, "developer_id")
	}
	return developer, nil
}

// BatchGet returns the developers of those ids that are known, by the id that was asked for, as they were at one moment.
func (d *Developers) BatchGet(ctx context.Context, organizationID uuid.UUID, ids []uuid.UUID) (map[uuid.UUID]identity.Developer, error) {
	rows, err := d.queries.GetDevelopers(ctx, d.pool, organizationID, ids)
	if err != nil {
		return nil, translate(err)
	}
	return developersFromRows(rows), nil
}

// BatchGetAlone is BatchGet without identities.
func (d *Developers) BatchGetAlone(ctx context.Context, organizationID uuid.UUID, ids []uuid.UUID) (map[uuid.UUID]identity.Developer, error) {
	rows, err := d.queries.GetDevelopersAlone(ctx, d.pool, organizationID, ids)
	if err != nil {
		return nil, translate(err)
	}
	developers := make(map[uuid.UUID]identity.Developer, len(rows))
	for _, row := range rows {
		developers[row.RequestedID] = identity.Developer{ID: row.ID, DisplayName: row.DisplayName, CreatedAt: row.CreatedAt.UTC()}
	}
	return developers, nil
}

// List returns at most limit developers that are not merged, without identities, whose ids come after the given one, ordered by id.
func (d *Developers) List(ctx context.Context, organizationID, after uuid.UUID, limit int) ([]identity.Developer, error) {
	rows, err := d.queries.ListDevelopers(ctx, d.pool, sqlcgen.ListDevelopersParams{OrganizationID: organizationID, AfterID: after, RowLimit: int32(limit)})
	if err != nil {
		return nil, translate(err)
	}
	developers := make([]identity.Developer, len(rows))
	for i, row := range rows {
		developers[i] = identity.Developer{ID: row.ID, DisplayName: row.DisplayName, CreatedAt: row.CreatedAt.UTC()}
	}
	return developers, nil
}

// heads reads the rows of developers by id, redirects not followed.
func (d *database) heads(ctx context.Context, tx pgx.Tx, organizationID uuid.UUID, ids ...uuid.UUID) (map[uuid.UUID]identity.Head, error) {
	rows, err := d.queries.GetDeveloperHeads(ctx, tx, organizationID, ids)
	if err != nil {
		return nil, err
	}
	heads := make(map[uuid.UUID]identity.Head, len(rows))
	for _, row := range rows {
		heads[row.ID] = headFromRow(row)
	}
	return heads, nil
}

// alone runs work in a transaction in which nobody else links or merges within the organization.
func (d *database) alone(ctx context.Context, organizationID uuid.UUID, work func(pgx.Tx) error) error {
	return d.write(ctx, func(tx pgx.Tx) error {
		if _, err := d.queries.LockOrganization(ctx, tx, organizationID); err != nil {
			return orOrganizationNotFound(err)
		}
		return work(tx)
	})
}

func developerNotFound(id uuid.UUID, field string) error {
	return identity.ErrDeveloperNotFound.With("developer %q not found", id).Field(field)
}
