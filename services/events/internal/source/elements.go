package source

// Elements counts the elements of a JSON array without reading them, so that one of too many is refused before it takes the memory of all of them: an
// element of two bytes takes a hundred. What begins as something else has none; of an array that is not valid it says anything.
func Elements(array []byte) int { return inside(array, '[') }

// Members is Elements for the members of a JSON object.
func Members(object []byte) int { return inside(object, '{') }

// inside counts what stands between the first bracket of a text, which is to be the one that opens, and its end.
func inside(text []byte, open byte) int {
	commas, depth, quoted, some := 0, 0, false, false
	for i := 0; i < len(text); i++ {
		c := text[i]
		if quoted {
			switch c {
			case '\\':
				i++
			case '"':
				quoted = false
			}
			continue
		}
		some = some || depth == 1 && c > ' ' && c != ']' && c != '}'
		switch c {
		case '"':
			quoted = true
		case '[', '{':
			if depth == 0 && c != open {
				return 0
			}
			depth++
		case ']', '}':
			depth--
		case ',':
			if depth == 1 {
				commas++
			}
		}
	}
	if some {
		return commas + 1
	}
	return 0
}

// Values is about how many values a JSON text has, those within others too, and at least as many. It reads nothing, so it costs no memory.
func Values(text []byte) int { return 1 + outside(text, &[256]bool{',': true, '[': true, '{': true}) }

// Objects is how many objects a JSON text has, those within others too.
func Objects(text []byte) int { return outside(text, &[256]bool{'{': true}) }

// outside counts some signs where they stand in no string.
func outside(text []byte, signs *[256]bool) int {
	n, quoted := 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '"':
			quoted = !quoted
		case quoted && c == '\\':
			i++
		case !quoted && signs[c]:
			n++
		}
	}
	return n
}
