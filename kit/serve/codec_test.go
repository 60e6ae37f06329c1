package serve_test

import (
	"context"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/mem"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"devtrail.dev/kit/fault"
	"devtrail.dev/kit/serve/servetest"
	identityv1 "devtrail.dev/proto/gen/devtrail/identity/v1"
)

// brittle is a message that reads and writes itself, and breaks in doing so.
type brittle struct{}

func (brittle) ReadWire(mem.BufferSlice) error                    { panic("reader broke") }
func (brittle) Contract() (proto.Message, error)                  { return nil, nil } //nolint:nilnil // breaks no rule
func (brittle) WriteWire(mem.BufferPool) (mem.BufferSlice, error) { panic("writer broke") }

// A message is read before a call begins and written after it has ended: the steps of a call see neither.
func TestAPanicOverAMessageEndsTheCallAlone(t *testing.T) {
	for name, method := range map[string]func(read func(any) error) (any, error){
		"reader": func(read func(any) error) (any, error) { return nil, read(brittle{}) },
		"writer": func(read func(any) error) (any, error) { return brittle{}, read(new(identityv1.CreateApiKeyRequest)) },
	} {
		t.Run(name, func(t *testing.T) {
			d := newDoor()
			service := identityv1.CredentialService_ServiceDesc
			service.Methods = slices.Clone(service.Methods)
			for i := range service.Methods {
				if service.Methods[i].MethodName == "CreateApiKey" {
					service.Methods[i].Handler = func(_ any, _ context.Context, read func(any) error, _ grpc.UnaryServerInterceptor) (any, error) {
						return method(read)
					}
				}
			}
			conn := servetest.Start(t, "identity", d.deps(), func(r grpc.ServiceRegistrar) { r.RegisterService(&service, d) })
			for range 2 { // the process is there for the second
				_, err := identityv1.NewCredentialServiceClient(conn).CreateApiKey(servetest.As(t.Context(), "admin"), goodKey)
				require.Equal(t, codes.Internal, status.Code(err))
				require.NotContains(t, err.Error(), "broke")
				require.NotContains(t, err.Error(), "goroutine")
			}
			lines := d.log.lines(t, "panic over a message")
			require.Len(t, lines, 2)
			require.Contains(t, lines[1]["error"], name+" broke\ngoroutine")
		})
	}
}

// garbled is the codec of a client that sends these bytes, whatever the message.
type garbled struct {
	encoding.CodecV2

	bytes []byte
}

func (g garbled) Marshal(any) (mem.BufferSlice, error) {
	return mem.BufferSlice{mem.SliceBuffer(g.bytes)}, nil
}

func TestAMalformedMessageIsTheCallersMistake(t *testing.T) {
	d := newDoor()
	d.create = func(context.Context, *identityv1.CreateApiKeyRequest) (*identityv1.CreateApiKeyResponse, error) {
		t.Error("reached")
		return nil, nil
	}
	keys, developers := d.start(t)
	for name, sent := range map[string][]byte{
		"cut off":   {0x0a, 0x05, 'a'},
		"not UTF-8": {0x0a, 0x01, 0xff},
		"no wire":   {0xff},
	} {
		t.Run(name, func(t *testing.T) {
			as := grpc.ForceCodecV2(garbled{encoding.GetCodecV2("proto"), sent})
			check := func(err error) {
				t.Helper()
				require.ErrorIs(t, err, fault.Invalid)
				assert.Equal(t, "MESSAGE_MALFORMED", fault.ReasonOf(err))
				assert.Equal(t, "INFO", d.log.last(t)["level"])
				assert.Equal(t, "InvalidArgument", d.log.last(t)["code"])
			}
			_, err := keys.CreateApiKey(servetest.As(t.Context(), "admin"), goodKey, as)
			check(err)
			if name == "not UTF-8" {
				return // the stream's request has no text
			}
			s, err := developers.WatchIdentities(servetest.As(t.Context(), "service"), &identityv1.WatchIdentitiesRequest{}, as)
			require.NoError(t, err)
			_, err = s.Recv()
			check(err)
		})
	}
}
