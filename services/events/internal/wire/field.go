package wire

import (
	"encoding/binary"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"
)

// field is one of a message.
type field struct {
	number protowire.Number
	typ    protowire.Type
	value  uint64 // of a varint; of bytes, how many there are
}

// broken is where a message ends that encoders do not write. It decides nothing: protobuf reads the message then.
const broken = -1

// next returns the field that begins at a place of a message, and where the one after it does: up to there its bytes lie.
func next(in []byte, at int) (f field, after int) {
	if at < len(in)-1 {
		tag, n := in[at], in[at+1]
		if tag >= 1<<3 && tag < 0x80 && n < 0x80 { // all numbers below 16, with short values
			f = field{number: protowire.Number(tag >> 3), typ: protowire.Type(tag & 7), value: uint64(n)}
			after = at + 2
			switch end := after + int(n); {
			case f.typ == protowire.BytesType && end <= len(in):
				return f, end
			case f.typ == protowire.VarintType:
				return f, after
			}
		}
	}
	return longNext(in, at)
}

// longNext is next for all fields.
func longNext(in []byte, at int) (f field, after int) {
	tag, size := protowire.ConsumeVarint(in[at:])
	number := tag >> 3
	if size < 0 || number == 0 || number > uint64(protowire.MaxValidNumber) {
		return f, broken
	}
	f.number, f.typ = protowire.Number(number), protowire.Type(tag&7)
	at += size
	switch f.typ {
	case protowire.VarintType:
		f.value, size = protowire.ConsumeVarint(in[at:])
	case protowire.BytesType:
		var b []byte
		b, size = protowire.ConsumeBytes(in[at:])
		f.value = uint64(len(b))
	case protowire.Fixed64Type:
		_, size = protowire.ConsumeFixed64(in[at:])
	case protowire.Fixed32Type:
		_, size = protowire.ConsumeFixed32(in[at:])
	default:
		size = broken
	}
	if size < 0 {
		return f, broken
	}
	return f, at + size
}

// bytes are those of a field after which another begins.
func (f field) bytes(in []byte, after int) []byte { return in[after-int(f.value) : after : after] }

// isText tells whether bytes are UTF-8, as those of a string must be.
func isText(b []byte) bool { return ascii(b) || utf8.Valid(b) }

// ascii tells whether all bytes are. Most texts are short and ASCII: words that overlap tell it sooner than utf8.Valid, which ends byte by byte.
func ascii(text []byte) bool {
	const tops = 0x8080808080808080
	n := len(text)
	if n < 8 {
		all := byte(0)
		for _, c := range text {
			all |= c
		}
		return all < utf8.RuneSelf
	}
	all := binary.LittleEndian.Uint64(text[n-8:])
	for rest := text; len(rest) > 8; rest = rest[8:] {
		all |= binary.LittleEndian.Uint64(rest)
	}
	return all&tops == 0
}
