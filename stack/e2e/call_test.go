package e2e

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	reflectionv1 "google.golang.org/grpc/reflection/grpc_reflection_v1"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	_ "devtrail.dev/proto/gen/devtrail/events/v1"
	_ "devtrail.dev/proto/gen/devtrail/identity/v1"
	_ "devtrail.dev/proto/gen/devtrail/migrations/v1"
	_ "devtrail.dev/proto/gen/devtrail/packages/v1"
)

// client is a plain gRPC client without any code of ours between it and the
// wire.
type client struct {
	conn *grpc.ClientConn
}

func dial(tb testing.TB, address string) client {
	tb.Helper()
	conn, err := grpc.NewClient("passthrough:///"+address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	require.NoError(tb, err)
	tb.Cleanup(func() { conn.Close() })
	return client{conn: conn}
}

// as makes a context with a key and, when it is not empty, an organization.
func as(ctx context.Context, token, organization string) context.Context {
	if token != "" {
		ctx = metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+token)
	}
	if organization != "" {
		ctx = metadata.AppendToOutgoingContext(ctx, "x-devtrail-organization", organization)
	}
	return ctx
}

// method finds the descriptor of "package.Service/Method".
func method(tb testing.TB, name string) protoreflect.MethodDescriptor {
	tb.Helper()
	d, err := protoregistry.GlobalFiles.FindDescriptorByName(protoreflect.FullName(strings.ReplaceAll(name, "/", ".")))
	require.NoError(tb, err, name)
	return d.(protoreflect.MethodDescriptor)
}

// call sends the JSON request and returns the answer as JSON; of a stream the
// first message.
func (c client) call(ctx context.Context, tb testing.TB, name, request string) (string, error) {
	tb.Helper()
	d := method(tb, name)
	in, out := message(tb, d.Input()), message(tb, d.Output())
	if request != "" {
		require.NoError(tb, protojson.Unmarshal([]byte(request), in), name)
	}
	if !d.IsStreamingServer() {
		if err := c.conn.Invoke(ctx, "/"+name, in, out); err != nil {
			return "", err
		}
		return protojson.Format(out), nil
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stream, err := c.conn.NewStream(ctx, &grpc.StreamDesc{ServerStreams: true}, "/"+name)
	if err != nil {
		return "", err
	}
	if err := errors.Join(stream.SendMsg(in), stream.CloseSend()); err != nil && !errors.Is(err, io.EOF) {
		return "", err
	}
	if err := stream.RecvMsg(out); err != nil {
		return "", err
	}
	return protojson.Format(out), nil
}

func message(tb testing.TB, d protoreflect.MessageDescriptor) proto.Message {
	tb.Helper()
	t, err := protoregistry.GlobalTypes.FindMessageByName(d.FullName())
	require.NoError(tb, err)
	return t.New().Interface()
}

// methods lists what the server says that it serves, by reflection, our
// packages only: "package.Service/Method".
func (c client) methods(tb testing.TB) []string {
	tb.Helper()
	stream, err := reflectionv1.NewServerReflectionClient(c.conn).ServerReflectionInfo(tb.Context())
	require.NoError(tb, err)
	require.NoError(tb, stream.Send(&reflectionv1.ServerReflectionRequest{
		MessageRequest: &reflectionv1.ServerReflectionRequest_ListServices{},
	}))
	answer, err := stream.Recv()
	require.NoError(tb, err)
	require.NoError(tb, stream.CloseSend())
	_, err = stream.Recv()
	require.ErrorIs(tb, err, io.EOF)
	var list []string
	for _, service := range answer.GetListServicesResponse().GetService() {
		if !strings.HasPrefix(service.GetName(), "devtrail.") {
			continue
		}
		d, err := protoregistry.GlobalFiles.FindDescriptorByName(protoreflect.FullName(service.GetName()))
		require.NoError(tb, err)
		all := d.(protoreflect.ServiceDescriptor).Methods()
		for i := range all.Len() {
			list = append(list, service.GetName()+"/"+string(all.Get(i).Name()))
		}
	}
	slices.Sort(list)
	return list
}
