package catalog

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"
)

// Computation is what came of computing the members of a cohort. It is kept as one item, so that readers see one computation as a whole.
type Computation struct {
	Revision   int64       `json:"revision"` // of the cohort that was computed
	ComputedAt time.Time   `json:"computed_at,omitzero"`
	TriedAt    time.Time   `json:"tried_at"`
	Error      string      `json:"error,omitempty"` // of the last try; the members are those of the last success
	Members    []uuid.UUID `json:"-"`               // ascending
	Packed     []byte      `json:"members"`         // the members, 16 bytes each
}

// ReadComputation reads what Write wrote.
func ReadComputation(body []byte) (c Computation, err error) {
	if err := json.Unmarshal(body, &c); err != nil {
		return c, fmt.Errorf("read the members of a cohort: %w", err)
	}
	for i := 0; i+16 <= len(c.Packed); i += 16 {
		c.Members = append(c.Members, uuid.UUID(c.Packed[i:i+16]))
	}
	c.Packed = nil
	return c, nil
}

// Write returns the computation as a store keeps it.
func (c Computation) Write() ([]byte, error) {
	c.Packed = make([]byte, 0, 16*len(c.Members))
	for _, m := range c.Members {
		c.Packed = append(c.Packed, m[:]...)
	}
	return json.Marshal(c)
}

// NoteID is the id of the note on a definition: that of the event name or the key.
func NoteID(kind Kind, name string) uuid.UUID {
	return uuid.NewSHA1(uuid.NewSHA1(uuid.Nil, []byte{byte(kind)}), []byte(name))
}
