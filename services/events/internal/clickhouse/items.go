package clickhouse

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/google/uuid"

	"devtrail.dev/services/events/catalog"
)

var _ catalog.Store = (*Store)(nil)

// Item reads one item.
func (s *Store) Item(ctx context.Context, organization uuid.UUID, kind catalog.Kind, id uuid.UUID) (catalog.Item, error) {
	p := about(organization)
	p["id"] = id.String()
	list, err := s.enterItems(ctx, shape{Named: true}, p, 1, kind)
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
	p, sh := about(organization), shape{After: after != catalog.Place{}}
	if sh.After {
		p.text("after_name", after.Name)
		p["after_id"] = after.ID.String()
	}
	return s.enterItems(ctx, sh, p, limit, kind)
}

// Heads reads the rows without their greater columns.
func (s *Store) Heads(ctx context.Context, organization uuid.UUID, kinds ...catalog.Kind) ([]catalog.Item, error) {
	return s.enterItems(ctx, shape{Versioned: true}, about(organization), math.MaxInt32, kinds...)
}

func (s *Store) enterItems(ctx context.Context, sh shape, p params, limit int, kinds ...catalog.Kind) ([]catalog.Item, error) {
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	return s.items(ctx, sh, p, limit, kinds...)
}

// items are those of who has entered.
func (s *Store) items(ctx context.Context, sh shape, p params, limit int, kinds ...catalog.Kind) ([]catalog.Item, error) {
	p["kinds"] = list(kinds, func(k catalog.Kind) string { return strconv.Itoa(int(k)) })
	p.number("limit", limit)
	var found []catalog.Item
	err := s.whole(ctx, "items", sh, p, func(rows driver.Rows) error {
		var i catalog.Item
		var kind uint8
		var body string
		var revision uint64
		err := rows.Scan(&kind, &i.ID, &i.Name, &i.Description, &body, &i.Uses, &revision, &i.CreatedAt, &i.UpdatedAt)
		i.Kind, i.Revision, i.CreatedAt, i.UpdatedAt = catalog.Kind(kind), int64(revision), i.CreatedAt.UTC(), i.UpdatedAt.UTC()
		if body != "" {
			i.Body = []byte(body)
		}
		if len(i.Uses) == 0 {
			i.Uses = nil
		}
		found = append(found, i)
		return err
	})
	return found, err
}

// itemRow is one revision of an item.
type itemRow struct {
	revision int64
	gone     bool
	created  time.Time
	write    uuid.UUID
}

// PutItem inserts a row that is the first of its revision, or none.
func (s *Store) PutItem(ctx context.Context, organization uuid.UUID, i catalog.Item) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	before, err := s.itemRows(ctx, organization, i)
	if err != nil {
		return err
	}
	var known itemRow
	if len(before) > 0 {
		known = before[0]
	}
	if known.gone || known.revision != i.Revision-1 {
		return catalog.ErrItemChanged
	}
	if i.Revision > 1 {
		i.CreatedAt = known.created
	}
	if i.Kind == catalog.Promotion {
		defer s.promotions.Forget(organization)
	}
	write := uuid.New()
	var after []itemRow
	err = first(fmt.Sprintf("i/%s/%d/%s/%d", organization, i.Kind, i.ID, i.Revision), func(token string) (there bool, err error) {
		if err := s.insertItem(ctx, organization, i, write, token); err != nil {
			return false, err
		}
		after, err = s.itemRows(ctx, organization, i)
		return len(after) > 0 && after[0].revision >= i.Revision, err
	})
	if err != nil {
		return err
	}
	for _, row := range after {
		if row.revision == i.Revision && row.write == write {
			return nil
		}
	}
	// Another one was first. Should this one have been it, and its row be merged away by now, then somebody has changed it since.
	return catalog.ErrItemChanged
}

func (s *Store) insertItem(ctx context.Context, organization uuid.UUID, i catalog.Item, write uuid.UUID, token string) error {
	ctx = s.isolated(ctx, "", token)
	batch, err := s.conn.PrepareBatch(ctx,
		"INSERT INTO catalog_items (organization_id, kind, id, name, description, body, uses, revision, gone, created_at, updated_at, write_id)")
	if err != nil {
		return translate(ctx, err)
	}
	defer batch.Close()
	gone := uint8(0)
	if i.Gone {
		gone = 1
	}
	err = batch.Append(organization, uint8(i.Kind), i.ID, i.Name, i.Description, string(i.Body), append([]uuid.UUID{}, i.Uses...), uint64(i.Revision), gone,
		i.CreatedAt, i.UpdatedAt, write)
	if err != nil {
		return err
	}
	return translate(ctx, batch.Send())
}

// itemRows reads the revisions of an item, the newest first.
func (s *Store) itemRows(ctx context.Context, organization uuid.UUID, i catalog.Item) ([]itemRow, error) {
	p := about(organization)
	p["id"] = i.ID.String()
	p.number("kind", int(i.Kind))
	var found []itemRow
	err := s.query(ctx, "item_revisions", shape{}, p, func(rows driver.Rows) error {
		var row itemRow
		var revision uint64
		var gone uint8
		err := rows.Scan(&revision, &gone, &row.created, &row.write)
		row.revision, row.gone = int64(revision), gone == 1
		found = append(found, row)
		return err
	})
	return found, err
}
