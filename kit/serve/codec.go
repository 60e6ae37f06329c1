package serve

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"

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

// Writer is an answer that writes its own bytes, into memory of the pool or its own. WriteWire is called once, and nothing of the answer is read after it.
type Writer interface {
	WriteWire(pool mem.BufferPool) (mem.BufferSlice, error)
}

// codec is the codec of protobuf, but for messages that read or write themselves. It has the same name: on the wire nothing differs.
//
// It works outside of the steps that a call passes, where gRPC reads and writes: a panic there would end the process, so it makes an error of it here.
type codec struct {
	encoding.CodecV2

	logger *slog.Logger
	pool   mem.BufferPool
}

func newCodec(logger *slog.Logger, pool mem.BufferPool) codec {
	return codec{CodecV2: encoding.GetCodecV2("proto"), logger: logger, pool: pool}
}

// Marshal implements encoding.CodecV2.
func (c codec) Marshal(v any) (written mem.BufferSlice, err error) {
	defer c.recover(v, &err)
	if w, ok := v.(Writer); ok {
		return w.WriteWire(c.pool)
	}
	return c.CodecV2.Marshal(v)
}

// Unmarshal implements encoding.CodecV2.
func (c codec) Unmarshal(data mem.BufferSlice, v any) (err error) {
	defer c.recover(v, &err)
	if r, ok := v.(Reader); ok {
		return r.ReadWire(data)
	}
	return c.CodecV2.Unmarshal(data, v)
}

// errCodec is what senders see of a panic; gRPC makes it an Internal one.
var errCodec = errors.New("internal error")

// recover makes errCodec of a panic over a message, with the stack for the log. It must be deferred.
func (c codec) recover(message any, err *error) {
	if p := recover(); p != nil {
		*err = errCodec
		c.logger.LogAttrs(context.Background(), slog.LevelError, "panic over a message",
			slog.String("message_type", fmt.Sprintf("%T", message)), slog.String("error", fmt.Sprintf("panic: %v\n%s", p, debug.Stack())))
	}
}
