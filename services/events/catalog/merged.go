package catalog

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/google/uuid"
)

// Developer is what is kept of the properties of a developer. What was set of whom stays apart, so that a merge takes nothing away: without what it added to
// the two items they are as they were before.
type Developer struct {
	Own    Properties // set for this developer; they win over those of others
	Joined []Joined   // whom was merged into this one, first to last
	Into   uuid.UUID  // whom this one was merged into; the zero UUID for nobody
}

// Joined is a developer who was merged, with all properties that she brought.
type Joined struct {
	ID         uuid.UUID  `json:"id"`
	Properties Properties `json:"properties"`
}

// merges is the part of a body that only those have who were merged or whom was merged into.
type merges struct {
	Joined []Joined  `json:"joined,omitempty"`
	Into   uuid.UUID `json:"into,omitzero"`
}

// All returns the properties that the developer has: of a key the own value wins, then that of who was merged first.
func (d Developer) All() Properties {
	if len(d.Joined) == 0 {
		return d.Own
	}
	all := Properties{}
	for _, j := range slices.Backward(d.Joined) {
		maps.Copy(all, j.Properties)
	}
	maps.Copy(all, d.Own)
	return all
}

// Apply makes an update by the rules of [Properties.Apply], of all that the developer has, and tells whether it changed something. What it writes is her own.
func (d *Developer) Apply(u Update) (changed bool) {
	all := maps.Clone(d.All())
	if !all.Apply(u) {
		return false
	}
	for _, written := range []map[string]json.RawMessage{u.Set, u.SetOnce} {
		for key := range written {
			if known, there := d.All()[key]; !there || !known.same(all[key]) {
				d.Own[key] = all[key]
			}
		}
	}
	return true
}

func (p Property) same(q Property) bool {
	return p.At == q.At && p.Once == q.Once && bytes.Equal(p.Value, q.Value)
}

// Join takes in what somebody brings who was merged into the developer, in place of what she brought before, and tells whether that changed something.
func (d *Developer) Join(id uuid.UUID, brought Properties) (changed bool) {
	for i, j := range d.Joined {
		if j.ID == id {
			d.Joined[i].Properties = brought
			return !maps.EqualFunc(j.Properties, brought, Property.same)
		}
	}
	d.Joined = append(d.Joined, Joined{ID: id, Properties: brought})
	return true
}

// Part gives back what somebody brought whose merge is undone, and tells whether she had brought something.
func (d *Developer) Part(id uuid.UUID) (changed bool) {
	before := len(d.Joined)
	d.Joined = slices.DeleteFunc(d.Joined, func(j Joined) bool { return j.ID == id })
	return len(d.Joined) < before
}

// ReadDeveloper reads what Write wrote; nothing is no properties. Where there was no merge the body is that of the properties alone, else a list of them and of
// what merges did: no properties are written like that.
func ReadDeveloper(body []byte) (d Developer, err error) {
	if !bytes.HasPrefix(body, []byte("[")) {
		d.Own, err = ReadProperties(body)
		return d, err
	}
	var m merges
	parts := []any{&d.Own, &m}
	if err := json.Unmarshal(body, &parts); err != nil {
		return d, fmt.Errorf("read the properties of a developer: %w", err)
	}
	if d.Own == nil {
		d.Own = Properties{}
	}
	d.Joined, d.Into = m.Joined, m.Into
	return d, nil
}

// Write returns the developer as a store keeps it.
func (d Developer) Write() ([]byte, error) {
	if len(d.Joined) == 0 && d.Into == uuid.Nil {
		return d.Own.Write()
	}
	return json.Marshal([]any{d.Own, merges{Joined: d.Joined, Into: d.Into}})
}
