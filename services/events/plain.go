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
	ok = r.object(1) && r.at == len(text)
	return r.deepest, ok
}

// recognizer reads canonical JSON.
type recognizer struct {
	in      []byte
	at      int
	deepest int
}

func (r *recognizer) peek() byte {
	if r.at < len(r.in) {
		return r.in[r.at]
	}
	return 0
}

func (r *recognizer) is(c byte) bool {
	if r.at < len(r.in) && r.in[r.at] == c {
		r.at++
		return true
	}
	return false
}

func (r *recognizer) value(level int) bool {
	switch r.peek() {
	case '"':
		_, ok := r.text()
		return ok
	case '{':
		return r.object(level + 1)
	case '[':
		return r.array(level + 1)
	case 't':
		return r.word("true")
	case 'f':
		return r.word("false")
	case 'n':
		return r.word("null")
	default:
		return r.number()
	}
}

func (r *recognizer) word(w string) bool {
	if len(r.in)-r.at < len(w) || string(r.in[r.at:r.at+len(w)]) != w {
		return false
	}
	r.at += len(w)
	return true
}

func (r *recognizer) object(level int) bool {
	if level > maxDepth {
		return false
	}
	r.deepest = max(r.deepest, level)
	r.at++
	if r.is('}') {
		return true
	}
	var last []byte
	for first := true; ; first = false {
		if r.peek() != '"' {
			return false
		}
		start := r.at + 1
		if plain, ok := r.text(); !ok || !plain { // a key with escapes is written otherwise than it sorts
			return false
		}
		key := r.in[start : r.at-1]
		if !first && string(last) >= string(key) {
			return false
		}
		last = key
		if !r.is(':') || !r.value(level) {
			return false
		}
		if r.is('}') {
			return true
		}
		if !r.is(',') {
			return false
		}
	}
}

func (r *recognizer) array(level int) bool {
	if level > maxDepth {
		return false
	}
	r.deepest = max(r.deepest, level)
	r.at++
	if r.is(']') {
		return true
	}
	for {
		if !r.value(level) {
			return false
		}
		if r.is(']') {
			return true
		}
		if !r.is(',') {
			return false
		}
	}
}

// text reads a string with the short escapes, and tells whether it has none. Others are left to CanonicalObject.
func (r *recognizer) text() (plain, ok bool) {
	plain = true
	for r.at++; r.at < len(r.in); {
		if len(r.in)-r.at >= 8 {
			marks := odd(binary.LittleEndian.Uint64(r.in[r.at:]), true)
			if marks == 0 {
				r.at += 8
				continue
			}
			r.at += bits.TrailingZeros64(marks) / 8 // the first mark is right
		}
		switch c := r.in[r.at]; {
		case c == '"':
			r.at++
			return plain, true
		case c < 0x20:
			return false, false
		case c == '\\':
			if !r.escape() {
				return false, false
			}
			plain = false
		default:
			r.at++
		}
	}
	return false, false
}

func (r *recognizer) escape() bool {
	if len(r.in)-r.at < 2 {
		return false
	}
	switch r.in[r.at+1] {
	case '"', '\\', 'b', 'f', 'n', 'r', 't':
		r.at += 2
		return true
	}
	return false
}

func (r *recognizer) number() bool {
	start := r.at
	negative := r.is('-')
	first := r.peek()
	whole := r.digits()
	if whole == 0 || whole > 1 && first == '0' {
		return false
	}
	switch r.peek() {
	case '.', 'e', 'E':
	default:
		return !negative || first != '0' // -0 is written 0
	}
	for c := r.peek(); c >= '0' && c <= '9' || c == '.' || c == 'e' || c == 'E' || c == '+' || c == '-'; c = r.peek() {
		r.at++
	}
	literal := r.in[start:r.at]
	f, err := strconv.ParseFloat(unsafe.String(&literal[0], len(literal)), 64)
	if err != nil || math.IsInf(f, 0) {
		return false
	}
	var scratch [32]byte
	return string(appendNumber(scratch[:0], f)) == string(literal)
}

func (r *recognizer) digits() int {
	start := r.at
	for c := r.peek(); c >= '0' && c <= '9'; c = r.peek() {
		r.at++
	}
	return r.at - start
}
