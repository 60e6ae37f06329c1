package events

import (
	"encoding/binary"
	"math"
	"math/bits"
	"strconv"
	"unicode"
	"unicode/utf8"
	"unsafe"
)

// The functions of this file look at an event's fields as they lie in a message and tell whether Canonical would keep them as they are. They decide
// nothing: what they do not recognize is for Canonical to judge.

// Masks of eight bytes at once.
const (
	eachLow  = 0x0101010101010101
	eachHigh = 0x8080808080808080
)

// odd marks the bytes of a word that are not printable ASCII, or are a quotation mark or a backslash if quoted is set. It may mark a byte after one that it
// marks rightly, and misses none.
func odd(word uint64, quoted bool) uint64 {
	low := (word - eachLow*0x20) &^ word // below the space
	marks := low | word
	if quoted {
		quote, slash := word^(eachLow*'"'), word^(eachLow*'\\')
		return (marks | (quote-eachLow)&^quote | (slash-eachLow)&^slash) & eachHigh
	}
	del := word ^ (eachLow * 0x7f)
	return (marks | (del-eachLow)&^del) & eachHigh
}

// IsText tells whether a text has at most limit characters, is UTF-8 and holds no control characters. Empty text is text.
func IsText(text []byte, limit int) bool {
	rest := text
	for len(rest) >= 8 && odd(binary.LittleEndian.Uint64(rest), false) == 0 {
		rest = rest[8:]
	}
	if len(rest) < 8 && len(text) >= 8 && odd(binary.LittleEndian.Uint64(text[len(text)-8:]), false) == 0 {
		return len(text) <= limit
	}
	for i, c := range rest {
		if c >= utf8.RuneSelf {
			return isRunes(rest[i:], limit-(len(text)-len(rest))-i)
		}
		if c < 0x20 || c == 0x7f {
			return false
		}
	}
	return len(text) <= limit
}

func isRunes(text []byte, limit int) bool {
	n := 0
	for len(text) > 0 {
		r, size := utf8.DecodeRune(text)
		if r == utf8.RuneError && size == 1 || unicode.IsControl(r) {
			return false
		}
		text, n = text[size:], n+1
	}
	return n <= limit
}

// IsCanonicalObject tells whether CanonicalObject would return a text as it is, and how deep its objects and arrays nest. It may say no of a text
// that is canonical, never yes of one that is not. The text must be UTF-8.
func IsCanonicalObject(text []byte) (depth int, ok bool) {
	if len(text) == 0 || text[0] != '{' {
		return 0, false
	}
	r := recognizer{in: text}
	ok = r.object(0, 1) == len(text)
	return r.deepest, ok
}

// recognizer reads canonical JSON. Its methods take where something begins and return where it ends, unknown if they do not recognize it: a place that went
// from one to the next through memory would cost more than to look at what is there.
type recognizer struct {
	in      []byte
	deepest int
}

const unknown = -1

func (r *recognizer) peek(at int) byte {
	if uint(at) < uint(len(r.in)) {
		return r.in[at]
	}
	return 0
}

func (r *recognizer) value(at, level int) int {
	switch r.peek(at) {
	case '"':
		end, _ := r.text(at)
		return end
	case '{':
		return r.object(at, level+1)
	case '[':
		return r.array(at, level+1)
	case 't':
		return r.word(at, "true")
	case 'f':
		return r.word(at, "false")
	case 'n':
		return r.word(at, "null")
	default:
		return r.number(at)
	}
}

func (r *recognizer) word(at int, w string) int {
	if len(r.in)-at < len(w) || string(r.in[at:at+len(w)]) != w {
		return unknown
	}
	return at + len(w)
}

func (r *recognizer) object(at, level int) int {
	if level > maxDepth {
		return unknown
	}
	r.deepest = max(r.deepest, level)
	at++
	if r.peek(at) == '}' {
		return at + 1
	}
	var last []byte
	for first := true; ; first = false {
		if r.peek(at) != '"' {
			return unknown
		}
		end, plain := r.text(at)
		if !plain || r.peek(end) != ':' { // a key with escapes is written otherwise than it sorts
			return unknown
		}
		key := r.in[at+1 : end-1]
		if !first && !ascend(last, key) {
			return unknown
		}
		last = key
		if at = r.value(end+1, level); at == unknown {
			return unknown
		}
		switch r.peek(at) {
		case '}':
			return at + 1
		case ',':
			at++
		default:
			return unknown
		}
	}
}

// ascend tells whether two keys are in order, mostly by their first bytes.
func ascend(a, b []byte) bool {
	if len(a) > 0 && len(b) > 0 && a[0] != b[0] {
		return a[0] < b[0]
	}
	return string(a) < string(b)
}

func (r *recognizer) array(at, level int) int {
	if level > maxDepth {
		return unknown
	}
	r.deepest = max(r.deepest, level)
	at++
	if r.peek(at) == ']' {
		return at + 1
	}
	for {
		if at = r.value(at, level); at == unknown {
			return unknown
		}
		switch r.peek(at) {
		case ']':
			return at + 1
		case ',':
			at++
		default:
			return unknown
		}
	}
}

// text reads a string with the short escapes, and tells whether it has none. Others are left to CanonicalObject.
func (r *recognizer) text(at int) (end int, plain bool) {
	in := r.in
	plain = true
	for at++; at < len(in); {
		if len(in)-at >= 8 {
			marks := odd(binary.LittleEndian.Uint64(in[at:]), true)
			if marks == 0 {
				at += 8
				continue
			}
			at += bits.TrailingZeros64(marks) / 8 // the first mark is right
		}
		switch c := in[at]; {
		case c == '"':
			return at + 1, plain
		case c < 0x20:
			return unknown, false
		case c == '\\':
			switch r.peek(at + 1) {
			case '"', '\\', 'b', 'f', 'n', 'r', 't':
			default:
				return unknown, false
			}
			at, plain = at+2, false
		default:
			at++
		}
	}
	return unknown, false
}

func (r *recognizer) number(at int) int {
	start := at
	if r.peek(at) == '-' {
		at++
	}
	first, from := r.peek(at), at
	for c := r.peek(at); c-'0' <= 9; c = r.peek(at) {
		at++
	}
	if at == from || at > from+1 && first == '0' {
		return unknown
	}
	switch r.peek(at) {
	case '.', 'e', 'E':
	default:
		if first == '0' && from > start { // -0 is written 0
			return unknown
		}
		return at
	}
	for c := r.peek(at); c >= '0' && c <= '9' || c == '.' || c == 'e' || c == 'E' || c == '+' || c == '-'; c = r.peek(at) {
		at++
	}
	literal := r.in[start:at]
	f, err := strconv.ParseFloat(unsafe.String(&literal[0], len(literal)), 64)
	if err != nil || math.IsInf(f, 0) {
		return unknown
	}
	var scratch [32]byte
	if string(appendNumber(scratch[:0], f)) != string(literal) {
		return unknown
	}
	return at
}
