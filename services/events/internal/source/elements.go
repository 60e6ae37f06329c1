package source

// Elements counts the elements of a JSON array without reading them, so that one of too many is refused before it takes the memory of all of them: an
// element of two bytes takes a hundred. Of a text that is no array it says anything.
func Elements(array []byte) int {
	commas, depth, quoted, some := 0, 0, false, false
	for i := 0; i < len(array); i++ {
		c := array[i]
		if quoted {
			switch c {
			case '\\':
				i++
			case '"':
				quoted = false
			}
			continue
		}
		some = some || depth == 1 && c > ' ' && c != ']'
		switch c {
		case '"':
			quoted = true
		case '[', '{':
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
