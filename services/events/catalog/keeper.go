package catalog

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"devtrail.dev/services/events"
)

// MaxItems is how many items of one kind an organization may have.
const MaxItems = 1000

// attempts is how often a change that names no revision is made anew when somebody else was first.
const attempts = 10

// Keeper changes what people save, by the rules: names are unique within a kind, nothing uses itself, nothing that is used is deleted.
// Writers of one process take turns, so that two changes cannot break a rule together. Those of several can; a question that meets a cohort within itself
// is refused all the same, and one that meets a cohort that is gone is told so.
type Keeper struct {
	store Store
	now   func() time.Time
	turn  chan struct{}
}

// NewKeeper returns a keeper of what a store has.
func NewKeeper(store Store, now func() time.Time) *Keeper {
	return &Keeper{store: store, now: now, turn: make(chan struct{}, 1)}
}

func (k *Keeper) lock(ctx context.Context) (unlock func(), err error) {
	select {
	case k.turn <- struct{}{}:
		return func() { <-k.turn }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// saved are the kinds whose items people name, and which use others; users those whose items use others at all.
var (
	saved = []Kind{Action, Cohort, SavedInsight}
	users = append(saved[:len(saved):len(saved)], InternalFilters)
)

// Create makes an item of a kind that people name. With a request's id it returns what was made with it before, as it is now; the error is ErrItemNotFound when
// that is gone.
func (k *Keeper) Create(ctx context.Context, organization uuid.UUID, item Item, request string) (Item, error) {
	unlock, err := k.lock(ctx)
	if err != nil {
		return Item{}, err
	}
	defer unlock()
	if item.ID = uuid.New(); request != "" {
		item.ID = uuid.NewSHA1(uuid.Nil, []byte{byte(item.Kind)})
		item.ID = uuid.NewSHA1(item.ID, []byte(strings.ToLower(request)))
		made, err := k.store.Item(ctx, organization, item.Kind, item.ID)
		if !errors.Is(err, ErrItemNotFound) {
			return made, err
		}
	}
	heads, err := k.store.Heads(ctx, organization, saved...)
	if err != nil {
		return Item{}, err
	}
	if err := check(heads, item); err != nil {
		return Item{}, err
	}
	count := 0
	for _, h := range heads {
		if h.Kind == item.Kind {
			count++
		}
	}
	if count >= MaxItems {
		return Item{}, ErrItemLimit.With("the organization has %d items of this kind, which is as many as it may have", count)
	}
	item.Revision = 1
	item.CreatedAt = events.Microseconds(k.now())
	item.UpdatedAt = item.CreatedAt
	err = k.store.PutItem(ctx, organization, item)
	if request != "" && errors.Is(err, ErrItemChanged) { // another instance got the request, too, or what was made with it is gone: trying again would not help
		return k.store.Item(ctx, organization, item.Kind, item.ID)
	}
	return item, err
}

// check refuses a name that is taken or no text, and a use of itself.
func check(heads []Item, item Item) error {
	for field, text := range map[string]string{"name": item.Name, "description": item.Description} {
		if !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
			return events.ErrTextInvalid.With("%s is not valid UTF-8 or holds a NUL: %.80q", field, text).Field(field)
		}
	}
	if item.Name == "" {
		return events.ErrFieldMissing.With("the item has no name").Field("name")
	}
	for _, h := range heads {
		if h.Kind == item.Kind && h.Name == item.Name && h.ID != item.ID {
			return ErrNameTaken.With("the name %q is taken", item.Name).Field("name")
		}
	}
	return cycle(heads, item)
}

// cycle refuses an item that would use itself, by however many others, and names the way.
func cycle(heads []Item, item Item) error {
	byID := make(map[uuid.UUID]Item, len(heads))
	for _, h := range heads {
		byID[h.ID] = h
	}
	byID[item.ID] = item
	seen := make(map[uuid.UUID]bool)
	var way []string
	var reaches func(from Item) bool
	reaches = func(from Item) bool {
		way = append(way, from.Name)
		for _, id := range from.Uses {
			next, known := byID[id]
			if id == item.ID {
				way = append(way, item.Name)
				return true
			}
			if known && !seen[id] {
				seen[id] = true
				if reaches(next) {
					return true
				}
			}
		}
		way = way[:len(way)-1]
		return false
	}
	if reaches(item) {
		return ErrCycle.With("the definition would use itself: %q", strings.Join(way, " uses ")).Field("definition")
	}
	return nil
}

// Update changes an item. The change is called with the item as it is; revision 0 changes whatever is there.
func (k *Keeper) Update(ctx context.Context, organization uuid.UUID, kind Kind, id uuid.UUID, revision int64, change func(*Item) error) (Item, error) {
	unlock, err := k.lock(ctx)
	if err != nil {
		return Item{}, err
	}
	defer unlock()
	for range attempts {
		item, err := k.present(ctx, organization, kind, id, revision)
		if err != nil {
			return Item{}, err
		}
		if err := change(&item); err != nil {
			return Item{}, err
		}
		heads, err := k.store.Heads(ctx, organization, saved...)
		if err != nil {
			return Item{}, err
		}
		if err := check(heads, item); err != nil {
			return Item{}, err
		}
		item.Revision++
		item.UpdatedAt = events.Microseconds(k.now())
		if err := k.store.PutItem(ctx, organization, item); revision != 0 || !errors.Is(err, ErrItemChanged) {
			return item, err
		}
	}
	return Item{}, ErrItemChanged
}

func (k *Keeper) present(ctx context.Context, organization uuid.UUID, kind Kind, id uuid.UUID, revision int64) (Item, error) {
	item, err := k.store.Item(ctx, organization, kind, id)
	if err == nil && revision != 0 && revision != item.Revision {
		return Item{}, ErrItemChanged.With("revision %d is not the present one, which is %d: read it again", revision, item.Revision)
	}
	return item, err
}

// Delete deletes an item that nothing uses.
func (k *Keeper) Delete(ctx context.Context, organization uuid.UUID, kind Kind, id uuid.UUID, revision int64) error {
	unlock, err := k.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	heads, err := k.store.Heads(ctx, organization, users...)
	if err != nil {
		return err
	}
	for range attempts {
		item, err := k.present(ctx, organization, kind, id, revision)
		if err != nil {
			return err
		}
		for _, h := range heads {
			if h.ID != id && slices.Contains(h.Uses, id) {
				return ErrItemInUse.With("%q is used by %q", item.Name, h.Name)
			}
		}
		gone := Item{Kind: kind, ID: id, Name: item.Name, Revision: item.Revision + 1, Gone: true, CreatedAt: item.CreatedAt, UpdatedAt: events.Microseconds(k.now())}
		if err := k.store.PutItem(ctx, organization, gone); revision != 0 || !errors.Is(err, ErrItemChanged) {
			return err
		}
	}
	return ErrItemChanged
}

// Put changes an item that is of somebody else, such as a note on a definition, and makes it when there is none: the change is called with an item of
// revision 0 then. A change that returns false leaves everything as it is. Revision 0 changes whatever is there.
func (k *Keeper) Put(ctx context.Context, organization uuid.UUID, kind Kind, id uuid.UUID, revision int64, change func(*Item) (bool, error)) (Item, error) {
	for range attempts {
		item, err := k.store.Item(ctx, organization, kind, id)
		if errors.Is(err, ErrItemNotFound) {
			item, err = Item{Kind: kind, ID: id, CreatedAt: events.Microseconds(k.now())}, nil
		}
		if err != nil {
			return Item{}, err
		}
		if revision != 0 && revision != item.Revision {
			return Item{}, ErrItemChanged.With("revision %d is not the present one, which is %d: read it again", revision, item.Revision)
		}
		changed, err := change(&item)
		if err != nil || !changed {
			return item, err
		}
		item.Revision++
		item.UpdatedAt = events.Microseconds(k.now())
		if err := k.store.PutItem(ctx, organization, item); revision != 0 || !errors.Is(err, ErrItemChanged) {
			return item, err
		}
	}
	return Item{}, ErrItemChanged
}

// Check refuses an item that would use itself, before it is looked at closer.
func (k *Keeper) Check(ctx context.Context, organization uuid.UUID, item Item) error {
	heads, err := k.store.Heads(ctx, organization, saved...)
	if err != nil {
		return err
	}
	return cycle(heads, item)
}
