package learn

import (
	"strings"
	"unicode/utf8"
	"unsafe"

	"devtrail.dev/services/events"
	"devtrail.dev/services/events/insight"
)

// members calls see with each member of an object of properties: its key and its value as JSON. An object is seldom anything but canonical, and that is
// walked without being decoded, since a day of events is.
func members(object string, see func(key, raw string)) {
	if !plain(object) {
		for key, raw := range insight.ParseProperties(object) {
			see(key, string(raw))
		}
		return
	}
	for at := 1; object[at] != '}'; {
		start := at + 1
		end := start + strings.IndexByte(object[start:], '"')
		value := end + 2
		at = value + valueLength(object[value:])
		see(object[start:end], object[value:at])
		if object[at] == ',' {
			at++
		}
	}
}

// plain tells whether an object is canonical and no key of it has an escape, so far as that is known at once.
func plain(object string) bool {
	if strings.IndexByte(object, '\\') >= 0 || !utf8.ValidString(object) {
		return false
	}
	_, ok := events.IsCanonicalObject(unsafe.Slice(unsafe.StringData(object), len(object)))
	return ok
}

// valueLength is the length of the value at the beginning of canonical JSON without escapes, behind which something must stand.
func valueLength(text string) int {
	depth := 0
	for at := 0; ; at++ {
		switch text[at] {
		case '"':
			at += 1 + strings.IndexByte(text[at+1:], '"')
		case '{', '[':
			depth++
		case '}', ']':
			if depth == 0 {
				return at
			}
			depth--
		case ',':
			if depth == 0 {
				return at
			}
		}
	}
}
