package catalog

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"devtrail.dev/services/events"
)

// MaxKey is how many characters the key of a promoted property may have.
const MaxKey = 1000

// PromotionStore is what of promotions is the store's own. Its comments are law as those of [Store]. Whatever it does or leaves undone changes no answer.
//
// What is promoted is said by the items of kind Promotion: a store must look at those of an organization when it takes events and when it answers.
type PromotionStore interface {
	// Promoting must return the organizations that have an item of kind Promotion, each once. It is for work in the background, never for a caller.
	Promoting(ctx context.Context) ([]uuid.UUID, error)
	// FillPromoted must bring the values of all events that lack theirs into the slot, in steps that stop neither questions nor writers.
	// When it ends before that, the next call goes on.
	FillPromoted(ctx context.Context, organization uuid.UUID, p Promoted) error
	// ClearPromoted must take out of a slot whatever is in it for the organization, likewise.
	ClearPromoted(ctx context.Context, organization uuid.UUID, slot int) error
	// PromotedRows must return how many of the organization's events have their value in the slot, of how many.
	PromotedRows(ctx context.Context, organization uuid.UUID, p Promoted) (filled, total int64, err error)
	// PropertyUsage must return which keys of events' properties the organization's questions since a time looked at, those first that took longest,
	// at most limit. What an engine or an instance forgets is not in it.
	PropertyUsage(ctx context.Context, organization uuid.UUID, since time.Time, limit int) ([]PropertyUsage, error)
}

// Progress is a promotion with how far it is.
type Progress struct {
	Promoted
	Percent int // of the events that have their value in the slot, rounded down
}

// Promoter promotes properties and takes promotions back. A promotion counts for one organization.
type Promoter struct {
	keeper *Keeper
	store  Store
	limit  int
}

// Suggest returns the keys of properties that are not promoted and that questions since a time looked at, those first whose queries took longest, at most limit.
func (p *Promoter) Suggest(ctx context.Context, organization uuid.UUID, since time.Time, limit int) ([]PropertyUsage, error) {
	promoted, err := p.List(ctx, organization)
	if err != nil {
		return nil, err
	}
	usage, err := p.store.PropertyUsage(ctx, organization, since, limit+len(promoted))
	if err != nil {
		return nil, err
	}
	usage = slices.DeleteFunc(usage, func(u PropertyUsage) bool {
		return checkKey(u.Key) != nil || slices.ContainsFunc(promoted, func(one Promoted) bool { return one.Active() && one.Key == u.Key })
	})
	return usage[:min(len(usage), limit)], nil
}

// Progress tells how far promotions are.
func (p *Promoter) Progress(ctx context.Context, organization uuid.UUID, list []Promoted) ([]Progress, error) {
	all := make([]Progress, len(list))
	for i, one := range list {
		all[i].Promoted = one
		switch one.State {
		case Ready:
			all[i].Percent = 100
		case Filling:
			filled, total, err := p.store.PromotedRows(ctx, organization, one)
			if err != nil {
				return nil, err
			}
			if total > 0 {
				all[i].Percent = int(filled * 100 / total)
			}
		case NoPromotion, Removing:
		}
	}
	return all, nil
}

// NewPromoter returns one that lets an organization have so many promoted properties, [Slots] at most.
func NewPromoter(store Store, keeper *Keeper, limit int) *Promoter {
	return &Promoter{keeper: keeper, store: store, limit: min(limit, Slots)}
}

// Allow sets how many promoted properties an organization may have, [Slots] at most. It is called before the first promotion. Those that are there stay.
func (p *Promoter) Allow(limit int) { p.limit = min(limit, Slots) }

// Limit is how many promoted properties an organization may have.
func (p *Promoter) Limit() int { return p.limit }

// List returns the promotions of an organization by slot.
func (p *Promoter) List(ctx context.Context, organization uuid.UUID) ([]Promoted, error) {
	items, err := p.store.Items(ctx, organization, Promotion, Place{}, Slots)
	return ReadAllPromoted(items), err
}

// Promote promotes the property with a key, unless it is.
func (p *Promoter) Promote(ctx context.Context, organization uuid.UUID, key string) (Promoted, error) {
	if err := checkKey(key); err != nil {
		return Promoted{}, err
	}
	unlock, err := p.keeper.lock(ctx)
	if err != nil {
		return Promoted{}, err
	}
	defer unlock()
	for {
		list, err := p.List(ctx, organization)
		if err != nil {
			return Promoted{}, err
		}
		free, err := p.free(list, key)
		if err != nil || free.Slot == 0 {
			return free.Promoted, err
		}
		taken := false
		item, err := p.keeper.Put(ctx, organization, Promotion, slotID(free.Slot), 0, func(i *Item) (bool, error) {
			if was, err := ReadPromoted(*i); err == nil && was.State != NoPromotion {
				taken = true
				return false, nil
			}
			return true, Promoted{Slot: free.Slot, Key: key, State: Filling, Generation: i.Revision + 1}.write(i)
		})
		if err != nil {
			return Promoted{}, err
		}
		if !taken {
			return ReadPromoted(item)
		}
	}
}

// place is a slot to be taken, or a promotion that is there.
type place struct {
	Slot     int
	Promoted Promoted
}

func (p *Promoter) free(list []Promoted, key string) (place, error) {
	var used [Slots + 1]bool
	active := 0
	for _, one := range list {
		used[one.Slot] = true
		if one.Active() {
			active++
			if one.Key == key {
				return place{Promoted: one}, nil
			}
		}
	}
	if active >= p.limit {
		return place{}, ErrPromotionLimit.With("the organization has %d promoted properties, which is as many as it may have: demote one first", active)
	}
	for slot := 1; slot <= Slots; slot++ {
		if !used[slot] {
			return place{Slot: slot}, nil
		}
	}
	return place{}, ErrPromotionLimit.With("all columns are in use until those of demoted properties are cleared: try again in a minute")
}

// Demote takes a promotion back: no question that begins after it returned looks at its column. What is in the column is taken out in the background.
func (p *Promoter) Demote(ctx context.Context, organization uuid.UUID, key string) (Promoted, error) {
	list, err := p.List(ctx, organization)
	if err != nil {
		return Promoted{}, err
	}
	for _, one := range list {
		if one.Active() && one.Key == key {
			return p.Move(ctx, organization, one, Removing)
		}
	}
	return Promoted{}, ErrNotPromoted.With("the property %.80q is not promoted", key)
}

// Move changes the state of a promotion, unless another has its slot by now.
func (p *Promoter) Move(ctx context.Context, organization uuid.UUID, one Promoted, to PromotionState) (Promoted, error) {
	item, err := p.keeper.Put(ctx, organization, Promotion, slotID(one.Slot), 0, func(i *Item) (bool, error) {
		now, err := ReadPromoted(*i)
		if err != nil || now.Generation != one.Generation || now.State != one.State {
			return false, err
		}
		now.State = to
		if to == NoPromotion {
			now.Key = ""
		}
		return true, now.write(i)
	})
	if err != nil {
		return Promoted{}, err
	}
	return ReadPromoted(item)
}

// Settle brings a promotion to its end: it fills the slot of one that is new, or whose slot lost events, and empties that of one that was taken back.
// It may be called by several instances at once and goes on where a call that was ended left off.
func (p *Promoter) Settle(ctx context.Context, organization uuid.UUID, one Promoted) error {
	switch one.State {
	case Removing:
		if err := p.store.ClearPromoted(ctx, organization, one.Slot); err != nil {
			return err
		}
		_, err := p.Move(ctx, organization, one, NoPromotion)
		return err
	case Filling, Ready:
		if err := p.store.FillPromoted(ctx, organization, one); err != nil || one.State == Ready {
			return err
		}
		_, err := p.Move(ctx, organization, one, Ready)
		return err
	case NoPromotion:
	}
	return nil
}

func checkKey(key string) error {
	switch {
	case key == "":
		return events.ErrFieldMissing.With("key is empty").Field("key")
	case !utf8.ValidString(key) || strings.ContainsRune(key, 0):
		return events.ErrTextInvalid.With("key is not valid UTF-8 or holds a NUL: %.80q", key).Field("key")
	case utf8.RuneCountInString(key) > MaxKey:
		return events.ErrTextTooLong.With("key has more than %d characters", MaxKey).Field("key")
	}
	return nil
}
