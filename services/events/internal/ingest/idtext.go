package ingest

import (
	"encoding/binary"

	"github.com/google/uuid"
)

// idText is how many characters the text of a UUID has (RFC 9562, section 4).
const idText = 36

// parseID reads a UUID of 36 characters that is not the zero one. It reads eight digits at a time, for which one after the other takes half as long again.
func parseID(text []byte) (id uuid.UUID, ok bool) {
	if len(text) != idText || text[8] != '-' || text[13] != '-' || text[18] != '-' || text[23] != '-' {
		return id, false
	}
	at := binary.LittleEndian
	a, bad := hex(at.Uint64(text))
	b, worse := hex(uint64(at.Uint32(text[9:])) | uint64(at.Uint32(text[14:]))<<32)
	bad |= worse
	c, worse := hex(uint64(at.Uint32(text[19:])) | uint64(at.Uint32(text[24:]))<<32)
	bad |= worse
	d, worse := hex(at.Uint64(text[28:]))
	bad |= worse
	at.PutUint64(id[:8], uint64(a)|uint64(b)<<32)
	at.PutUint64(id[8:], uint64(c)|uint64(d)<<32)
	return id, bad == 0 && a|b|c|d != 0
}

// hex reads eight hexadecimal digits, the first in the lowest byte, as four bytes in the same order. What is bad is not 0 when they are not all digits.
func hex(digits uint64) (value uint32, bad uint64) {
	const each = 0x0101010101010101
	letters := digits >> 6 & each                        // 1 in each byte that is a letter, if it is a digit
	halves := digits&(each*0x0f) + letters*9             // the value of each, if it is one
	above := (halves + each*6) >> 4 & each               // 1 where that is 10 or more
	again := each*'0' + halves + above*('a'-10-'0')      // how a digit of this value is written
	bad = again ^ (digits | letters<<5)                  // where it is not, in lower case
	bad |= (halves & (each * 0x10)) | digits&(each*0x80) // 16 or more, and what is no ASCII
	pairs := (halves<<4 | halves>>8) & 0x00ff00ff00ff00ff
	pairs = (pairs | pairs>>8) & 0x0000ffff0000ffff
	return uint32(pairs | pairs>>16), bad
}
