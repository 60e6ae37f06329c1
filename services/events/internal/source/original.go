package source

import (
	"encoding/json"
	"math"
	"slices"
	"strings"
	"unicode/utf8"
)

// What is kept of an original: all of it up to wholeBytes; above, without the addresses and pictures that fill most messages,
// then also with long texts and lists cut, then only what stands at its top.
const (
	wholeBytes  = 32 << 10
	maxText     = 1000
	maxMembers  = 30
	maxDepth    = 16
	shallow     = 3
	shallowText = 200
)

// secretKeys are never kept: providers blank most of them, and not all. A download's address has a signature in it, and with the token for a clone anybody
// reads a private repository for a while.
var secretKeys = []string{"client_secret", "download_url", "password", "private_token", "runners_token", "secret", "temp_clone_token", "token", "variables"}

// keep returns what is kept of an original, and whether that is less than all.
func keep(original Value) (kept any, trimmed bool) {
	whole := trim{text: math.MaxInt, members: math.MaxInt, depth: maxDepth}
	for _, t := range []*trim{&whole, {text: math.MaxInt, members: math.MaxInt, depth: maxDepth, lean: true}, {text: maxText, members: maxMembers, depth: maxDepth, lean: true}, {text: shallowText, members: maxMembers, depth: shallow, lean: true}} {
		t.left = wholeBytes
		kept := t.value(original.any, 0)
		if t.left >= 0 {
			return kept, t.cut
		}
	}
	return map[string]any{}, true
}

// trim copies a message within limits and stops when there is no room left.
type trim struct {
	text, members, depth int
	lean                 bool
	left                 int  // bytes
	cut                  bool // something was left out
}

func (t *trim) value(v any, depth int) any {
	if t.left < 0 {
		return nil
	}
	switch v := v.(type) {
	case map[string]any:
		return t.object(v, depth)
	case []any:
		return t.array(v, depth)
	case string:
		return t.string(v)
	case json.Number:
		t.left -= len(v)
		if f, err := v.Float64(); err != nil || math.IsInf(f, 0) { // no event can have it
			return string(v)
		}
		return v
	}
	t.left -= 5
	return v
}

func (t *trim) object(v map[string]any, depth int) any {
	t.left -= 2
	if depth >= t.depth {
		t.cut = t.cut || len(v) > 0
		return map[string]any{}
	}
	kept := make(map[string]any, min(len(v), maxMembers))
	for key, member := range v {
		if slices.Contains(secretKeys, strings.ToLower(key)) {
			continue
		}
		if t.lean && isNoise(key) {
			t.cut = true
			continue
		}
		t.left -= len(key) + 4
		if t.left < 0 {
			return nil
		}
		kept[clean(key)] = t.value(member, depth+1)
	}
	return kept
}

func (t *trim) array(v []any, depth int) any {
	t.left -= 2
	if depth >= t.depth {
		t.cut = t.cut || len(v) > 0
		return []any{}
	}
	if len(v) > t.members {
		t.cut, v = true, v[:t.members]
	}
	kept := make([]any, 0, min(len(v), maxMembers))
	for _, member := range v {
		if t.left < 0 {
			return nil
		}
		t.left--
		kept = append(kept, t.value(member, depth+1))
	}
	return kept
}

func (t *trim) string(v string) string {
	if len(v) > t.text {
		end := t.text
		for end > 0 && !utf8.RuneStart(v[end]) {
			end--
		}
		t.cut, v = true, v[:end]
	}
	t.left -= len(v) + 3
	return clean(v)
}

// clean makes text that JSON can hold.
func clean(s string) string { return strings.ToValidUTF8(s, "\ufffd") }

// isNoise tells whether a key is one of those that fill messages and say nothing: addresses of interfaces, of pictures, ids of other interfaces.
func isNoise(key string) bool {
	switch key {
	case "_links", "avatar", "gravatar_id", "html", "links", "node_id", "permissions", "user_avatar":
		return true
	case "html_url", "web_url", "git_http_url":
		return false
	}
	return strings.HasSuffix(key, "_url")
}
