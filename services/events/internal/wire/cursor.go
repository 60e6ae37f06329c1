package wire

import (
	"encoding/binary"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"
)

// cursor reads the fields of a message one after the other. It understands what encoders write; of all else it says that it failed, which decides nothing:
// protobuf reads the message then.
type cursor struct {
	in     []byte
	at     int
	failed bool
}

// field returns the number and the type of the next field, false at the end.
func (c *cursor) field() (protowire.Number, protowire.Type, bool) {
	if c.at < len(c.in) && !c.failed {
		if tag := c.in[c.at]; tag >= 1<<3 && tag < 0x80 { // all numbers below 16
			c.at++
			return protowire.Number(tag >> 3), protowire.Type(tag & 7), true
		}
	}
	return c.longField()
}

func (c *cursor) longField() (protowire.Number, protowire.Type, bool) {
	if c.at == len(c.in) || c.failed {
		return 0, 0, false
	}
	tag := c.varint()
	if number := tag >> 3; c.failed || number == 0 || number > uint64(protowire.MaxValidNumber) {
		c.failed = true
		return 0, 0, false
	}
	return protowire.Number(tag >> 3), protowire.Type(tag & 7), true
}

func (c *cursor) varint() uint64 {
	if c.at < len(c.in) && c.in[c.at] < 0x80 {
		c.at++
		return uint64(c.in[c.at-1])
	}
	return c.longVarint()
}

func (c *cursor) longVarint() uint64 {
	n, size := protowire.ConsumeVarint(c.in[c.at:])
	if size < 0 {
		c.failed = true
		return 0
	}
	c.at += size
	return n
}

func (c *cursor) bytes() []byte {
	n := c.varint()
	if c.failed || n > uint64(len(c.in)-c.at) {
		c.failed = true
		return nil
	}
	from := c.at
	c.at += int(n)
	return c.in[from:c.at:c.at]
}

// text returns the next bytes, which must be UTF-8.
func (c *cursor) text() []byte {
	taken := c.bytes()
	if !ascii(taken) && !utf8.Valid(taken) {
		c.failed = true
	}
	return taken
}

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

// skip passes a field that is not of the contract.
func (c *cursor) skip(typ protowire.Type) {
	switch typ {
	case protowire.VarintType:
		c.varint()
	case protowire.BytesType:
		c.bytes()
	case protowire.Fixed64Type:
		c.fixed(8)
	case protowire.Fixed32Type:
		c.fixed(4)
	default:
		c.failed = true
	}
}

func (c *cursor) fixed(n int) {
	if len(c.in)-c.at < n {
		c.failed = true
		return
	}
	c.at += n
}
