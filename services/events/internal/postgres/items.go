package postgres

import (
	"context"
	"math"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"devtrail.dev/services/events/catalog"
)

var _ catalog.Store = (*Store)(nil)

// Item reads one row.
func (s *Store) Item(ctx context.Context, organization uuid.UUID, kind catalog.Kind, id uuid.UUID) (catalog.Item, error) {
	list, err := s.items(ctx, "item", shape{}, pgx.NamedArgs{"organization": organization, "kind": int64(kind), "id": id})
	if err != nil {
		return catalog.Item{}, err
	}
	if len(list) == 0 {
		return catalog.Item{}, catalog.ErrItemNotFound
	}
	return list[0], nil
}

// Items sorts the items of the kind.
func (s *Store) Items(ctx context.Context, organization uuid.UUID, kind catalog.Kind, after catalog.Place, limit int) ([]catalog.Item, error) {
	args := pgx.NamedArgs{"organization": organization, "kinds": []int64{int64(kind)}, "limit": limit}
	sh := shape{After: after != catalog.Place{}}
	if sh.After {
		args["after_name"], args["after_id"] = after.Name, after.ID
	}
	return s.items(ctx, "items", sh, args)
}

// Heads reads the rows without their greater columns.
func (s *Store) Heads(ctx context.Context, organization uuid.UUID, kinds ...catalog.Kind) ([]catalog.Item, error) {
	numbers := make([]int64, len(kinds))
	for i, k := range kinds {
		numbers[i] = int64(k)
	}
	return s.items(ctx, "items", shape{Named: true}, pgx.NamedArgs{"organization": organization, "kinds": numbers, "limit": math.MaxInt32})
}

func (s *Store) items(ctx context.Context, name string, sh shape, args pgx.NamedArgs) ([]catalog.Item, error) {
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	var list []catalog.Item
	err := s.query(ctx, name, sh, args, itemsInto(&list))
	return list, err
}

// itemsInto reads rows of items.sql and item.sql.
func itemsInto(list *[]catalog.Item) func(pgx.Rows) error {
	return func(rows pgx.Rows) error {
		var i catalog.Item
		var kind int64
		err := rows.Scan(&kind, &i.ID, &i.Name, &i.Description, &i.Body, &i.Uses, &i.Revision, &i.CreatedAt, &i.UpdatedAt)
		i.Kind, i.CreatedAt, i.UpdatedAt = catalog.Kind(kind), i.CreatedAt.UTC(), i.UpdatedAt.UTC()
		if len(i.Body) == 0 {
			i.Body = nil
		}
		if len(i.Uses) == 0 {
			i.Uses = nil
		}
		*list = append(*list, i)
		return err
	}
}

// PutItem inserts the first revision where there is none, and changes the row that has the one before.
func (s *Store) PutItem(ctx context.Context, organization uuid.UUID, i catalog.Item) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	if i.Kind == catalog.Promotion {
		defer s.promotions.Forget(organization)
	}
	name := "change_item"
	if i.Revision == 1 {
		name = "add_item"
	}
	text, err := statement(name, shape{})
	if err != nil {
		return err
	}
	uses, body := i.Uses, i.Body
	if uses == nil {
		uses = []uuid.UUID{}
	}
	if body == nil {
		body = []byte{}
	}
	tag, err := s.pool.Exec(ctx, text, pgx.NamedArgs{
		"organization": organization, "kind": int64(i.Kind), "id": i.ID, "name": i.Name, "description": i.Description, "body": body, "uses": uses,
		"revision": i.Revision, "gone": i.Gone, "created_at": i.CreatedAt, "updated_at": i.UpdatedAt,
	})
	if err != nil {
		return translate(ctx, err)
	}
	if tag.RowsAffected() == 0 {
		return catalog.ErrItemChanged
	}
	return nil
}
