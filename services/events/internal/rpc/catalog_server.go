package rpc

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	"devtrail.dev/kit/auth"
	"devtrail.dev/kit/page"
	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
	"devtrail.dev/services/events/catalog"
	"devtrail.dev/services/events/insight"
	"devtrail.dev/services/events/internal/joining"
)

type catalogServer struct {
	eventsv1.UnimplementedCatalogServiceServer
	store   insight.Engine
	keeper  *catalog.Keeper
	insight *insightServer
	now     func() time.Time

	promoter *catalog.Promoter
	joiner   *joining.Joiner
}

// maskOf reads an update mask whose paths must be among the known ones.
func maskOf(mask *fieldmaskpb.FieldMask, known ...string) (map[string]bool, error) {
	if len(mask.GetPaths()) == 0 {
		return nil, catalog.ErrMaskInvalid.With("the update mask is empty: name what is to be changed").Field("update_mask")
	}
	paths := make(map[string]bool)
	for _, path := range mask.GetPaths() {
		if !slices.Contains(known, path) {
			return nil, catalog.ErrMaskInvalid.With("%q is none of %s", path, strings.Join(known, ", ")).Field("update_mask")
		}
		paths[path] = true
	}
	return paths, nil
}

// write is a body that is equal for equal definitions.
func write(m proto.Message) ([]byte, error) {
	return proto.MarshalOptions{Deterministic: true}.Marshal(m)
}

// draft is what a request says of an item.
type draft interface {
	GetId() string
	GetName() string
	GetDescription() string
	GetRevision() int64
}

// made is a new item of a kind.
func (s *catalogServer) made(ctx context.Context, kind catalog.Kind, field string, d draft, definition proto.Message, request string, judge func(context.Context, uuid.UUID) error) (catalog.Item, error) {
	org, err := auth.Organization(ctx)
	if err != nil {
		return catalog.Item{}, err
	}
	if err := judge(ctx, org); err != nil {
		return catalog.Item{}, err
	}
	body, err := write(definition)
	if err != nil {
		return catalog.Item{}, err
	}
	item, err := s.keeper.Create(ctx, org, catalog.Item{Kind: kind, Name: d.GetName(), Description: d.GetDescription(), Body: body, Uses: usesOf(definition)}, request)
	return item, beneath(field, err)
}

// changed is an item after an update; content is the path of its definition in the mask.
func (s *catalogServer) changed(
	ctx context.Context, kind catalog.Kind, field, content string, d draft, definition proto.Message, mask *fieldmaskpb.FieldMask, judge func(context.Context, uuid.UUID) error,
) (catalog.Item, error) {
	org, err := auth.Organization(ctx)
	if err != nil {
		return catalog.Item{}, err
	}
	paths, err := maskOf(mask, "name", "description", content)
	if err != nil {
		return catalog.Item{}, err
	}
	id, err := itemID(field+".id", d.GetId())
	if err != nil {
		return catalog.Item{}, err
	}
	if paths[content] {
		if err := s.keeper.Check(ctx, org, catalog.Item{Kind: kind, ID: id, Name: d.GetName(), Uses: usesOf(definition)}); err != nil {
			return catalog.Item{}, beneath(field, err)
		}
		if err := judge(ctx, org); err != nil {
			return catalog.Item{}, err
		}
	}
	item, err := s.keeper.Update(ctx, org, kind, id, d.GetRevision(), func(i *catalog.Item) (err error) {
		if paths["name"] {
			i.Name = d.GetName()
		}
		if paths["description"] {
			i.Description = d.GetDescription()
		}
		if paths[content] {
			i.Uses = usesOf(definition)
			i.Body, err = write(definition)
		}
		return err
	})
	return item, beneath(field, err)
}

// item is one that is named by its id.
func (s *catalogServer) item(ctx context.Context, kind catalog.Kind, field, text string) (catalog.Item, error) {
	org, err := auth.Organization(ctx)
	if err != nil {
		return catalog.Item{}, err
	}
	id, err := itemID(field, text)
	if err != nil {
		return catalog.Item{}, err
	}
	return s.store.Item(ctx, org, kind, id)
}

func (s *catalogServer) remove(ctx context.Context, kind catalog.Kind, field, text string, revision int64) error {
	org, err := auth.Organization(ctx)
	if err != nil {
		return err
	}
	id, err := itemID(field, text)
	if err != nil {
		return err
	}
	return s.keeper.Delete(ctx, org, kind, id, revision)
}

// paged is what lists of items are asked with.
type paged interface {
	GetPageSize() int32
	GetPageToken() string
}

// items is a page of a kind, and the token of the next.
func items[M proto.Message](ctx context.Context, s *catalogServer, kind catalog.Kind, req paged, toProto func(catalog.Item) (M, error)) (answer []M, next string, err error) {
	org, err := auth.Organization(ctx)
	if err != nil {
		return nil, "", err
	}
	size, err := page.Size(req.GetPageSize())
	if err != nil {
		return nil, "", err
	}
	after, _, err := page.Decode[catalog.Place](req.GetPageToken(), org, kind)
	if err != nil {
		return nil, "", err
	}
	if strings.ContainsRune(after.Name, 0) {
		return nil, "", page.ErrToken
	}
	list, err := s.store.Items(ctx, org, kind, after, size+1)
	if err != nil {
		return nil, "", err
	}
	list, more := page.Cut(list, size)
	for _, item := range list {
		m, err := toProto(item)
		if err != nil {
			return nil, "", err
		}
		answer = append(answer, m)
	}
	answer, all := page.Fit(answer, page.MaxBytes)
	if more || !all {
		next = page.Encode(list[len(answer)-1].Place(), org, kind)
	}
	return answer, next, nil
}
