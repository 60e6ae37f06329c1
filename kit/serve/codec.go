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

	"devtrail.dev/kit/fault"
)

// Reader is a message received that reads its own bytes, for the few methods whose messages are too many or too large to be decoded into fields. ReadWire
// must refuse what protobuf refuses, with an error that the caller is told, and must not keep data.
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
func (c codec) Unmarshal(data mem.BufferSlice, v any) error {
	in, ok := v.(*incoming)
	if !ok {
		return c.read(data, v)
	}
	err := c.read(data, in.message)
	if errors.Is(err, errCodec) {
		return err
	}
	in.malformed = err
	return nil
}

func (c codec) read(data mem.BufferSlice, message any) (err error) {
	defer c.recover(message, &err)
	if r, ok := message.(Reader); ok {
		return r.ReadWire(data)
	}
	return c.CodecV2.Unmarshal(data, message)
}

// incoming is a message to read and what is wrong with its bytes. That is kept from gRPC, which would make an Internal error of it and tell the caller at once.
type incoming struct {
	message   any
	malformed error
}

// errMalformed says that bytes are no message of the contract.
var errMalformed = fault.New(fault.Invalid, "MESSAGE_MALFORMED", "the message cannot be read")

// receive reads a message by gRPC, which tells the caller of the errors of its own, and has it checked. A call receives one at a time.
func (c *call) receive(read func(any) error, message any) error {
	c.incoming = incoming{message: message}
	err := read(&c.incoming)
	malformed := c.incoming.malformed
	c.incoming = incoming{} // a stream that waits for its next message holds none
	switch {
	case err != nil:
		return err
	case malformed != nil:
		return errMalformed.With("the message cannot be read: %s", malformed).Wrap(malformed)
	case c.check == nil:
		return nil
	}
	return c.check(message)
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
