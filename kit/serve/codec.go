package serve

import (
	"google.golang.org/grpc/encoding"
	_ "google.golang.org/grpc/encoding/proto" // what the codec falls back to
	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/proto"
)

// Reader is a message received that reads its own bytes, for the few methods whose messages are too many or too large to be decoded into fields. ReadWire
// must refuse what protobuf refuses, and must not keep data.
type Reader interface {
	ReadWire(data mem.BufferSlice) error
	// Contract returns the message of the contract, for its rules to be checked; nil when the reader knows that it breaks none.
	Contract() (proto.Message, error)
}

// Writer is an answer that writes its own bytes. WriteWire is called once, and nothing of the answer is read after it.
type Writer interface {
	WriteWire() (mem.BufferSlice, error)
}

// codec is the codec of protobuf, but for messages that read or write themselves. It has the same name: on the wire nothing differs.
type codec struct{ encoding.CodecV2 }

func newCodec() codec { return codec{encoding.GetCodecV2("proto")} }

// Marshal implements encoding.CodecV2.
func (c codec) Marshal(v any) (mem.BufferSlice, error) {
	if w, ok := v.(Writer); ok {
		return w.WriteWire()
	}
	return c.CodecV2.Marshal(v)
}

// Unmarshal implements encoding.CodecV2.
func (c codec) Unmarshal(data mem.BufferSlice, v any) error {
	if r, ok := v.(Reader); ok {
		return r.ReadWire(data)
	}
	return c.CodecV2.Unmarshal(data, v)
}
