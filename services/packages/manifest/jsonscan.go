package manifest

import (
	"bytes"
	"encoding/json"
)

// jsonScanner walks a JSON document and hands out only what is asked for: a lock file is mostly hashes and addresses, which decoding would copy. It knows the
// structure and not each rule of JSON; when it meets something else it says false, and the caller decodes the document to get the decoder's verdict.
type jsonScanner struct {
	content []byte
	at      int
}

// next skips white space and returns the byte there, or 0 at the end.
func (s *jsonScanner) next() byte {
	for s.at < len(s.content) {
		switch c := s.content[s.at]; c {
		case ' ', '\n', '\t', '\r':
			s.at++
		default:
			return c
		}
	}
	return 0
}

// take consumes the byte c.
func (s *jsonScanner) take(c byte) bool {
	if s.next() != c {
		return false
	}
	s.at++
	return true
}

// end is true when nothing but white space is left.
func (s *jsonScanner) end() bool {
	s.next()
	return s.at == len(s.content)
}

// raw consumes a string and returns it with its quotes.
func (s *jsonScanner) raw() ([]byte, bool) {
	if s.next() != '"' {
		return nil, false
	}
	start := s.at
	for i := s.at + 1; ; {
		n := bytes.IndexByte(s.content[i:], '"')
		if n < 0 {
			return nil, false
		}
		i += n
		slashes := 0
		for s.content[i-1-slashes] == '\\' {
			slashes++
		}
		i++
		if slashes%2 == 0 {
			s.at = i
			return s.content[start:i], true
		}
	}
}

// text consumes a string and returns what it says.
func (s *jsonScanner) text() (string, bool) {
	raw, ok := s.raw()
	if !ok {
		return "", false
	}
	if bytes.IndexByte(raw, '\\') < 0 {
		return string(raw[1 : len(raw)-1]), true
	}
	var text string
	return text, json.Unmarshal(raw, &text) == nil
}

// object consumes an object and calls member for each key; member consumes the value.
func (s *jsonScanner) object(member func(key []byte) bool) bool {
	if !s.take('{') {
		return false
	}
	if s.take('}') {
		return true
	}
	for {
		key, ok := s.raw()
		if !ok || !s.take(':') || !member(key[1:len(key)-1]) {
			return false
		}
		if s.take('}') {
			return true
		}
		if !s.take(',') {
			return false
		}
	}
}

// skip consumes any value.
func (s *jsonScanner) skip() bool {
	switch c := s.next(); c {
	case '"':
		_, ok := s.raw()
		return ok
	case '{':
		return s.object(func([]byte) bool { return s.skip() })
	case '[':
		return s.skipArray()
	default:
		start := s.at
		for s.at < len(s.content) && isLiteralByte(s.content[s.at]) {
			s.at++
		}
		return s.at > start && json.Valid(s.content[start:s.at])
	}
}

func (s *jsonScanner) skipArray() bool {
	s.at++
	if s.take(']') {
		return true
	}
	for {
		if !s.skip() {
			return false
		}
		if s.take(']') {
			return true
		}
		if !s.take(',') {
			return false
		}
	}
}

// isLiteralByte is true for what numbers, true, false and null are made of.
func isLiteralByte(c byte) bool { return isAlphanumeric(c) || c == '-' || c == '+' || c == '.' }
