package events

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// maxDepth is how deep objects and arrays may nest: more is an attack on whoever reads the answer.
const maxDepth = 64

// CanonicalObject returns a JSON object in the one form in which all stores keep it: keys sorted by their bytes, no blanks, the shortest escapes,
// integers with all their digits, other numbers as ECMAScript prints the nearest float64 (2.0 is 2). Empty text is the empty object.
// A key that comes twice, a lone surrogate, a number without end and more than 64 levels are refused with a fault of kind Invalid.
func CanonicalObject(text string) (string, error) {
	if text == "" || text == "{}" {
		return "{}", nil
	}
	s := scanner{in: text, out: make([]byte, 0, len(text))}
	s.blanks()
	if s.peek() != '{' {
		return "", s.refuse("an object is wanted")
	}
	if err := s.value(0); err != nil {
		return "", err
	}
	s.blanks()
	if s.at < len(s.in) {
		return "", s.refuse("there is more after the object")
	}
	return string(s.out), nil
}

// scanner reads JSON and writes its canonical form in one pass; only objects whose keys are out of order are put together again.
type scanner struct {
	in  string
	at  int
	out []byte
}

func (s *scanner) refuse(why string) error {
	return ErrPropertiesInvalid.With("properties_json at byte %d: %s", s.at, why).Field("properties_json")
}

func (s *scanner) peek() byte {
	if s.at < len(s.in) {
		return s.in[s.at]
	}
	return 0
}

func (s *scanner) blanks() {
	for s.at < len(s.in) && strings.IndexByte(" \t\r\n", s.in[s.at]) >= 0 {
		s.at++
	}
}

func (s *scanner) value(depth int) error {
	switch c := s.peek(); {
	case depth == maxDepth && (c == '{' || c == '['):
		return s.refuse("more than 64 levels")
	case c == '{':
		return s.object(depth)
	case c == '[':
		return s.array(depth)
	case c == '"':
		return s.text()
	case c == '-' || c >= '0' && c <= '9':
		return s.number()
	}
	for _, word := range []string{"true", "false", "null"} {
		if strings.HasPrefix(s.in[s.at:], word) {
			s.at += len(word)
			s.out = append(s.out, word...)
			return nil
		}
	}
	return s.refuse("a value is wanted")
}

// member is where a key and its value stand in the output.
type member struct {
	key        string
	start, end int
}

func (s *scanner) object(depth int) error {
	s.at++
	s.out = append(s.out, '{')
	var members []member
	first, sorted := len(s.out), true
	for s.blanks(); s.peek() != '}'; s.blanks() {
		if len(members) > 0 {
			if s.peek() != ',' {
				return s.refuse("a comma or a closing brace is wanted")
			}
			s.at++
			s.out = append(s.out, ',')
			s.blanks()
		}
		m, err := s.member(depth)
		if err != nil {
			return err
		}
		sorted = sorted && (len(members) == 0 || members[len(members)-1].key < m.key)
		members = append(members, m)
	}
	s.at++
	if !sorted {
		if err := s.sort(first, members); err != nil {
			return err
		}
	}
	s.out = append(s.out, '}')
	return nil
}

func (s *scanner) member(depth int) (member, error) {
	if s.peek() != '"' {
		return member{}, s.refuse("a key is wanted")
	}
	m := member{start: len(s.out)}
	if err := s.text(); err != nil {
		return member{}, err
	}
	m.key = unescape(s.out[m.start:])
	s.blanks()
	if s.peek() != ':' {
		return member{}, s.refuse("a colon is wanted")
	}
	s.at++
	s.out = append(s.out, ':')
	s.blanks()
	if err := s.value(depth + 1); err != nil {
		return member{}, err
	}
	m.end = len(s.out)
	return m, nil
}

// sort puts the members that stand from first on in the order of their keys.
func (s *scanner) sort(first int, members []member) error {
	slices.SortFunc(members, func(a, b member) int { return strings.Compare(a.key, b.key) })
	sorted := make([]byte, 0, len(s.out)-first)
	for i, m := range members {
		if i > 0 {
			if members[i-1].key == m.key {
				return s.refuse("the key " + quote(m.key) + " comes twice")
			}
			sorted = append(sorted, ',')
		}
		sorted = append(sorted, s.out[m.start:m.end]...)
	}
	s.out = append(s.out[:first], sorted...)
	return nil
}

func (s *scanner) array(depth int) error {
	s.at++
	s.out = append(s.out, '[')
	s.blanks()
	for n := 0; s.peek() != ']'; n++ {
		if n > 0 {
			if s.peek() != ',' {
				return s.refuse("a comma or a closing bracket is wanted")
			}
			s.at++
			s.out = append(s.out, ',')
			s.blanks()
		}
		if err := s.value(depth + 1); err != nil {
			return err
		}
		s.blanks()
	}
	s.at++
	s.out = append(s.out, ']')
	return nil
}

// text reads a string and writes it with the escapes that JSON demands and no others.
func (s *scanner) text() error {
	s.at++
	s.out = append(s.out, '"')
	for {
		if s.at >= len(s.in) {
			return s.refuse("the text has no end")
		}
		switch c := s.in[s.at]; {
		case c == '"':
			s.at++
			s.out = append(s.out, '"')
			return nil
		case c == '\\':
			if err := s.escape(); err != nil {
				return err
			}
		case c < 0x20:
			return s.refuse("a control character stands in the text")
		case c < utf8.RuneSelf:
			s.at++
			s.out = append(s.out, c)
		default:
			r, size := utf8.DecodeRuneInString(s.in[s.at:])
			if r == utf8.RuneError && size == 1 {
				return s.refuse("not valid UTF-8")
			}
			s.out = append(s.out, s.in[s.at:s.at+size]...)
			s.at += size
		}
	}
}

func (s *scanner) escape() error {
	if s.at+1 >= len(s.in) {
		return s.refuse("the text has no end")
	}
	c := s.in[s.at+1]
	if i := strings.IndexByte(`"\/bfnrt`, c); i >= 0 {
		s.at += 2
		s.out = appendEscaped(s.out, rune("\"\\/\b\f\n\r\t"[i]))
		return nil
	}
	if c != 'u' {
		return s.refuse("the escape is not known")
	}
	r, ok := s.hex(s.at)
	if !ok {
		return s.refuse("four hexadecimal digits are wanted")
	}
	width := 6
	if utf16.IsSurrogate(r) {
		low, ok := s.hex(s.at + 6)
		if !ok || utf16.DecodeRune(r, low) == utf8.RuneError {
			return s.refuse("a lone surrogate")
		}
		r, width = utf16.DecodeRune(r, low), 12
	}
	s.at += width
	s.out = appendEscaped(s.out, r)
	return nil
}

// hex reads the escape \uXXXX at a place.
func (s *scanner) hex(at int) (rune, bool) {
	if at+6 > len(s.in) || s.in[at] != '\\' || s.in[at+1] != 'u' {
		return 0, false
	}
	n, err := strconv.ParseUint(s.in[at+2:at+6], 16, 16)
	return rune(n), err == nil
}

func appendEscaped(out []byte, r rune) []byte {
	const hex = "0123456789abcdef"
	if i := strings.IndexRune("\"\\\b\f\n\r\t", r); i >= 0 {
		return append(out, '\\', `"\bfnrt`[i])
	}
	if r < 0x20 {
		return append(out, '\\', 'u', '0', '0', hex[r>>4], hex[r&15])
	}
	return utf8.AppendRune(out, r)
}

// unescape returns the key that its canonical text stands for, so that keys sort by what they are and not by how they are escaped.
func unescape(text []byte) string {
	body := text[1 : len(text)-1]
	if bytes.IndexByte(body, '\\') < 0 {
		return string(body)
	}
	key := make([]byte, 0, len(body))
	for i := 0; i < len(body); i++ {
		if body[i] != '\\' {
			key = append(key, body[i])
			continue
		}
		i++
		if j := strings.IndexByte(`"\bfnrt`, body[i]); j >= 0 {
			key = append(key, "\"\\\b\f\n\r\t"[j])
			continue
		}
		n, _ := strconv.ParseUint(string(body[i+1:i+5]), 16, 16) // written by appendEscaped
		key, i = append(key, byte(n)), i+4
	}
	return string(key)
}
