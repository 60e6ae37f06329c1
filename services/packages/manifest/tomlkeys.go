package manifest

import "bytes"

// maxKeyParts is how many parts a dotted key may have. The decoder's cost for one key is quadratic in them.
const maxKeyParts = 100

// hasLongKey is true when a dotted key, or what looks like one, has more parts than limit. Strings count as one part, whatever is in them.
func hasLongKey(content []byte, limit int) bool {
	parts := 0
	for i := 0; i < len(content); i++ {
		switch content[i] {
		case '.':
			if parts++; parts > limit {
				return true
			}
		case '"', '\'':
			i = endOfString(content, i)
		case '#':
			n := bytes.IndexByte(content[i:], '\n')
			if n < 0 {
				return false
			}
			i, parts = i+n, 0
		case '=', ',', '[', ']', '{', '}', '\n':
			parts = 0
		}
	}
	return false
}

// endOfString is the place of the last quote of the string that begins at a place, or of the end of the line that leaves it open.
func endOfString(content []byte, start int) int {
	quote := content[start]
	triple := []byte{quote, quote, quote}
	long := bytes.HasPrefix(content[start:], triple)
	i := start + 1
	if long {
		i = start + len(triple)
	}
	for ; i < len(content); i++ {
		switch c := content[i]; {
		case c == '\\' && quote == '"':
			i++
		case c == '\n' && !long:
			return i - 1
		case c == quote && !long:
			return i
		case long && bytes.HasPrefix(content[i:], triple):
			return i + len(triple) - 1
		}
	}
	return len(content) - 1
}
