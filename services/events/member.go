package events

import (
	"encoding/json"
	"strings"
	"unicode/utf8"
)

// MemberName returns a key as canonical JSON writes it between its quotes. A key that is no text is in no object: what comes back is in none either.
func MemberName(key string) string {
	text, err := json.Marshal(key)
	if err != nil || !utf8.ValidString(key) {
		return "\x00"
	}
	object, err := CanonicalObject("{" + string(text) + ":0}")
	if err != nil {
		return "\x00"
	}
	return object[2 : len(object)-4]
}

// Member returns the JSON of the value of a member of a canonical object as it stands, and an empty text when there is none. The name is that of
// [MemberName]. Only members of the object itself are looked at, not those of objects within it.
func Member(object, name string) string {
	if !strings.Contains(object, name) { // most objects do not have most keys
		return ""
	}
	for at := 1; at < len(object) && object[at] == '"'; at++ {
		end := textEnd(object, at)
		value := end + 1 // after the colon
		stop := valueEnd(object, value)
		if object[at+1:end-1] == name {
			return object[value:stop]
		}
		at = stop
	}
	return ""
}

// textEnd is the place after a text that begins at a place.
func textEnd(object string, at int) int {
	for at++; at < len(object); at++ {
		switch object[at] {
		case '\\':
			at++
		case '"':
			return at + 1
		}
	}
	return len(object)
}

// valueEnd is the place after a value that begins at a place.
func valueEnd(object string, at int) int {
	depth := 0
	for at < len(object) {
		switch object[at] {
		case '"':
			at = textEnd(object, at)
			if depth == 0 {
				return at
			}
			continue
		case '{', '[':
			depth++
		case '}', ']':
			if depth == 0 {
				return at
			}
			if depth--; depth == 0 {
				return at + 1
			}
		case ',':
			if depth == 0 {
				return at
			}
		}
		at++
	}
	return len(object)
}
