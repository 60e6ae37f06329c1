package catalog

import (
	"cmp"
	"strings"
	"time"

	"github.com/google/uuid"
)

// Kind says what an item is.
type Kind uint8

// The kinds. An event note and a property note are what people say of a definition; developer properties and members belong to one developer or cohort,
// whose id they have. The numbers are stored.
const (
	Action Kind = iota + 1
	Cohort
	SavedInsight
	EventNote
	PropertyNote
	DeveloperState
	Members
	InternalFilters // one item of the organization, with the zero id
	// Promotion is a slot of promoted properties.
	Promotion
)

// Item is a small thing that the catalog keeps. Two items of different kinds may have one id.
type Item struct {
	Kind        Kind
	ID          uuid.UUID
	Name        string // without a zero character
	Description string // without a zero character
	Body        []byte // what it is, as whoever owns the kind writes it; nil when empty
	// Uses are the ids of the items that this one cannot do without; nil when there are none.
	Uses      []uuid.UUID
	Revision  int64 // counts its changes, from 1
	Gone      bool  // it was deleted; its id is never used again
	CreatedAt time.Time
	UpdatedAt time.Time
}

// Place is a place in the order of items. The zero value is before all.
type Place struct {
	Name string
	ID   uuid.UUID
}

// Place is the item's.
func (i Item) Place() Place { return Place{Name: i.Name, ID: i.ID} }

// Compare orders by the bytes of name and id.
func (p Place) Compare(other Place) int {
	return cmp.Or(strings.Compare(p.Name, other.Name), strings.Compare(p.ID.String(), other.ID.String()))
}
