package catalog

import (
	"encoding/json"
	"errors"
	"strconv"
	"time"

	"github.com/google/uuid"
)

// Slots is how many promoted properties an organization can have: each has a column of the stored events to itself, a slot, and these are made by migrations.
const Slots = 16

// PromotionsBelieved is how long a store believes what it knows of an organization's promotions. What another instance promotes or takes back is known that
// much later; that changes no answer, since each event says itself whether its value is in a slot, and of which promotion it is.
const PromotionsBelieved = 5 * time.Second

// PromotionState is how the promotion of a property stands. Answers are the same in each.
type PromotionState uint8

// The states. The numbers are stored. A slot whose promotion is none is free.
const (
	// NoPromotion: nothing is in the slot.
	NoPromotion PromotionState = iota
	// Filling: new events bring their values, those of older events are brought in.
	Filling
	// Ready: every event has its value.
	Ready
	// Removing: no question looks at the slot, and what is in it is being taken out.
	Removing
)

// Promoted is a property of events whose values stand in a slot of their own beside the JSON that they are part of.
type Promoted struct {
	Slot       int // from 1 to Slots
	Key        string
	State      PromotionState
	Generation int64 // of the slot: no two promotions of an organization's slot have one
	Since      time.Time
}

// Active tells whether questions look at the slot and new events bring their values.
func (p Promoted) Active() bool { return p.State == Filling || p.State == Ready }

// Mark is what each value of this promotion begins with. What begins otherwise was left by an earlier promotion of the slot, or was never brought:
// so each event says itself whether its value is there, and nobody has to wait for anybody to learn of a promotion.
func (p Promoted) Mark() string { return strconv.FormatInt(p.Generation, 10) + ":" }

// Column is the name of the slot's column.
func (p Promoted) Column() string { return Column(p.Slot) }

// Column is the name of a slot's column; it is one of a closed set, whatever the key.
func Column(slot int) string {
	if slot < 10 {
		return "promoted_0" + strconv.Itoa(slot)
	}
	return "promoted_" + strconv.Itoa(slot)
}

// promotedBody is the body of an item of kind Promotion. The key is here, since the name of an item may have no zero character.
type promotedBody struct {
	Slot       int            `json:"slot"`
	Key        string         `json:"key"`
	State      PromotionState `json:"state"`
	Generation int64          `json:"generation"`
}

// slotID is the id of a slot's item.
func slotID(slot int) uuid.UUID { return uuid.UUID{15: byte(slot)} }

// ReadPromoted reads an item of kind Promotion.
func ReadPromoted(i Item) (Promoted, error) {
	var b promotedBody
	if err := json.Unmarshal(i.Body, &b); err != nil {
		return Promoted{}, err
	}
	if b.Slot < 1 || b.Slot > Slots {
		return Promoted{}, errors.New("a slot that this build does not know: " + strconv.Itoa(b.Slot))
	}
	return Promoted{Slot: b.Slot, Key: b.Key, State: b.State, Generation: b.Generation, Since: i.UpdatedAt}, nil
}

// ReadAllPromoted reads items of kind Promotion and leaves out what is of no use to this build.
func ReadAllPromoted(items []Item) []Promoted {
	var list []Promoted
	for _, i := range items {
		if p, err := ReadPromoted(i); err == nil && p.State != NoPromotion {
			list = append(list, p)
		}
	}
	return list
}

func (p Promoted) write(i *Item) (err error) {
	i.Name = p.Column()
	i.Body, err = json.Marshal(promotedBody{Slot: p.Slot, Key: p.Key, State: p.State, Generation: p.Generation})
	return err
}

// PropertyUsage says what questions that looked at a property took.
type PropertyUsage struct {
	Key       string
	Queries   int64
	Elapsed   time.Duration // of all of them
	ReadBytes int64         // 0 where the engine does not tell
}
