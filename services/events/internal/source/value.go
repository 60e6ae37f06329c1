package source

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Value is a place in a JSON message from outside. Reading is tolerant: what is absent, null or of another type than asked for reads as the zero
// value, since a source adds and changes fields as it likes and no field is worth the loss of a delivery.
type Value struct{ any any }

var errNotAnObject = errors.New("the message is not a JSON object")

// maxValues is how many values a message may have: one of a byte or two takes hundreds when it is read. The largest pushes that providers send have some tens
// of thousands.
const maxValues = 1 << 19

// Parse reads a JSON object.
func Parse(body []byte) (Value, error) {
	if n := Values(body); n > maxValues {
		return Value{}, fmt.Errorf("read a JSON message: it has %d values, at most %d are read", n, maxValues)
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	var object map[string]any
	if err := decoder.Decode(&object); err != nil {
		return Value{}, fmt.Errorf("read a JSON message: %w", err)
	}
	if object == nil || decoder.More() {
		return Value{}, errNotAnObject
	}
	return Value{object}, nil
}

// At goes down a path of keys.
func (v Value) At(keys ...string) Value {
	for _, key := range keys {
		object, _ := v.any.(map[string]any)
		v = Value{object[key]}
	}
	return v
}

// Exists tells whether there is something: absent and null are not.
func (v Value) Exists() bool { return v.any != nil }

// Has tells whether the object has a key, be its value null.
func (v Value) Has(key string) bool {
	object, _ := v.any.(map[string]any)
	_, ok := object[key]
	return ok
}

// Text is a text; a number is its digits.
func (v Value) Text() string {
	switch v := v.any.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	}
	return ""
}

// Int is a whole number; a text of digits is one.
func (v Value) Int() int64 {
	n, err := strconv.ParseInt(v.Text(), 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// True tells whether it is the word true.
func (v Value) True() bool {
	b, _ := v.any.(bool)
	return b
}

// List is the members of an array.
func (v Value) List() []Value {
	array, _ := v.any.([]any)
	list := make([]Value, len(array))
	for i, member := range array {
		list[i] = Value{member}
	}
	return list
}

// Len is how many members an array has.
func (v Value) Len() int {
	array, _ := v.any.([]any)
	return len(array)
}

// Texts is the texts of an array that are not empty.
func (v Value) Texts() []string {
	array, _ := v.any.([]any)
	var texts []string
	for _, member := range array {
		if text := (Value{member}).Text(); text != "" {
			texts = append(texts, text)
		}
	}
	return texts
}

// First is the first value that exists and is no empty text.
func First(values ...Value) Value {
	for _, v := range values {
		if v.any != nil && v.any != "" {
			return v
		}
	}
	return Value{}
}

// layouts are the times of the providers; those of Ruby and Java among them.
var layouts = []string{
	time.RFC3339Nano,
	"2006-01-02T15:04:05.999999999Z0700",
	"2006-01-02 15:04:05.999999999 MST",
	"2006-01-02 15:04:05.999999999 -0700",
	"2006-01-02 15:04:05.999999999",
	"2006-01-02",
}

// latestSecond is where numbers stop to be seconds and are milliseconds: the year 5138.
const latestSecond = 100_000_000_000

// Time is a moment, of text or of seconds or milliseconds since 1970; zero when it is none that an event can have.
func (v Value) Time() time.Time {
	if number, ok := v.any.(json.Number); ok {
		n, err := number.Int64()
		switch {
		case err != nil || n <= 0:
			return time.Time{}
		case n >= latestSecond:
			return possible(time.UnixMilli(n))
		}
		return possible(time.Unix(n, 0))
	}
	text := strings.TrimSpace(v.Text())
	for _, layout := range layouts {
		if at, err := time.Parse(layout, text); err == nil {
			return possible(at)
		}
	}
	return time.Time{}
}

// possible drops times that stand for none, like the first of the year 1, and those that no event can have.
func possible(at time.Time) time.Time {
	if at.Unix() <= 0 || at.Year() > 2261 {
		return time.Time{}
	}
	return at
}

// FirstTime is the first moment that is one.
func FirstTime(values ...Value) time.Time {
	for _, v := range values {
		if at := v.Time(); !at.IsZero() {
			return at
		}
	}
	return time.Time{}
}
