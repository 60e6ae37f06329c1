package catalog

import (
	"encoding/json"
	"fmt"
	"time"
)

// Property is a property of a developer with the update that it has its value from.
type Property struct {
	Value json.RawMessage `json:"v"` // canonical
	At    int64           `json:"t"` // microseconds since 1970
	Once  bool            `json:"o,omitempty"`
}

// Properties are all properties of a developer, by key.
type Properties map[string]Property

// Update sets properties of a developer at a time.
type Update struct {
	At      time.Time
	Set     map[string]json.RawMessage // canonical values
	SetOnce map[string]json.RawMessage
}

// Apply makes an update and tells whether it changed something. Updates may come in any order: the newest set wins over an older one and over whatever was
// set once, of those that are set once the oldest wins, and of equal times the first to come.
func (p Properties) Apply(u Update) (changed bool) {
	at := u.At.UnixMicro()
	for key, value := range u.Set {
		if known, there := p[key]; !there || known.Once || at > known.At {
			p[key], changed = Property{Value: value, At: at}, true
		}
	}
	for key, value := range u.SetOnce {
		if _, both := u.Set[key]; both {
			continue
		}
		if known, there := p[key]; !there || known.Once && at < known.At {
			p[key], changed = Property{Value: value, At: at, Once: true}, true
		}
	}
	return changed
}

// Object returns the properties as a JSON object with sorted keys.
func (p Properties) Object() (string, error) {
	values := make(map[string]json.RawMessage, len(p))
	for key, property := range p {
		values[key] = property.Value
	}
	text, err := json.Marshal(values)
	return string(text), err
}

// ReadProperties reads what Write wrote; nothing is no properties.
func ReadProperties(body []byte) (Properties, error) {
	p := Properties{}
	if len(body) == 0 {
		return p, nil
	}
	if err := json.Unmarshal(body, &p); err != nil {
		return nil, fmt.Errorf("read the properties of a developer: %w", err)
	}
	return p, nil
}

// Write returns the properties as a store keeps them.
func (p Properties) Write() ([]byte, error) { return json.Marshal(p) }
