package turns

import (
	"context"
	"slices"
	"time"

	"google.golang.org/grpc"

	"devtrail.dev/kit/auth"
)

// Guard returns a registrar under which the unary calls of the named services take a turn each before they are handled. Of streams only those do that are
// named: others ask little and stay long.
func (t *Turns) Guard(door grpc.ServiceRegistrar, streams []string, services ...string) grpc.ServiceRegistrar {
	return guard{door: door, streams: streams, services: services, turns: t}
}

type guard struct {
	door     grpc.ServiceRegistrar
	streams  []string // names of methods
	services []string
	turns    *Turns
}

// RegisterService registers the service with handlers that wait for their turn behind the door's own interceptors, when the caller is known.
func (g guard) RegisterService(desc *grpc.ServiceDesc, impl any) {
	if !slices.Contains(g.services, desc.ServiceName) {
		g.door.RegisterService(desc, impl)
		return
	}
	guarded := *desc
	guarded.Methods = make([]grpc.MethodDesc, len(desc.Methods))
	for i, m := range desc.Methods {
		guarded.Methods[i] = grpc.MethodDesc{MethodName: m.MethodName, Handler: func(
			srv any, ctx context.Context, decode func(any) error, door grpc.UnaryServerInterceptor,
		) (any, error) {
			return m.Handler(srv, ctx, decode, behind(door, g.turns.call))
		}}
	}
	guarded.Streams = slices.Clone(desc.Streams)
	for i, stream := range guarded.Streams {
		if slices.Contains(g.streams, stream.StreamName) {
			guarded.Streams[i].Handler = g.turns.stream(stream.Handler)
		}
	}
	g.door.RegisterService(&guarded, impl)
}

// stream takes a turn for as long as a stream lasts, which its reader must not let stand still. The door has let the caller in by then.
func (t *Turns) stream(handler grpc.StreamHandler) grpc.StreamHandler {
	return func(srv any, stream grpc.ServerStream) error {
		organization, err := auth.Organization(stream.Context())
		if err != nil {
			return err
		}
		release, err := t.Take(stream.Context(), organization)
		if err != nil {
			return err
		}
		defer release()
		return handler(srv, moving{ServerStream: stream, longest: t.limits.Read})
	}
}

// moving is a stream whose messages must be taken by its reader. A message that was not is the last one: the handler has to return, which ends the sending.
type moving struct {
	grpc.ServerStream
	longest time.Duration
}

func (m moving) SendMsg(message any) error {
	sent := make(chan error, 1)
	go func() { sent <- m.ServerStream.SendMsg(message) }()
	timer := time.NewTimer(m.longest)
	defer timer.Stop()
	select {
	case err := <-sent:
		return err
	case <-timer.C:
		return ErrNotRead.With("a part of the answer was not read within %s", m.longest)
	}
}

// behind calls one interceptor inside another.
func behind(door, inner grpc.UnaryServerInterceptor) grpc.UnaryServerInterceptor {
	if door == nil {
		return inner
	}
	return func(ctx context.Context, req any, info *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
		return door(ctx, req, info, func(ctx context.Context, req any) (any, error) { return inner(ctx, req, info, handler) })
	}
}

func (t *Turns) call(ctx context.Context, req any, _ *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
	organization, err := auth.Organization(ctx)
	if err != nil {
		return nil, err
	}
	release, err := t.Take(ctx, organization)
	if err != nil {
		return nil, err
	}
	defer release()
	return handler(ctx, req)
}
