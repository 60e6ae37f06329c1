package serve

import (
	"context"
	"slices"

	"google.golang.org/grpc"
)

var _ grpc.ServiceRegistrar = registrar{}

// registrar registers services whose unary calls pass the steps before their message is read: it is unpacked and takes many times the memory of what was
// sent, so who sends it must be known. gRPC's own interceptors come after it is read. Messages of streams are read by their handlers, behind the steps.
type registrar struct {
	to    grpc.ServiceRegistrar
	steps []step
	unary map[string]bool // the methods of unary calls
}

// RegisterService implements grpc.ServiceRegistrar.
func (r registrar) RegisterService(desc *grpc.ServiceDesc, impl any) {
	behind := *desc
	behind.Methods = slices.Clone(desc.Methods)
	for i, m := range behind.Methods {
		method := "/" + desc.ServiceName + "/" + m.MethodName
		behind.Methods[i].Handler = unary(r.steps, method, m.Handler)
		r.unary[method] = true
	}
	r.to.RegisterService(&behind, impl)
}

// unary runs a unary RPC through the steps.
func unary(steps []step, method string, handler grpc.MethodHandler) grpc.MethodHandler {
	return func(srv any, ctx context.Context, decode func(any) error, _ grpc.UnaryServerInterceptor) (answer any, err error) {
		c := &call{method: method}
		err = c.walk(ctx, steps, func(ctx context.Context) (err error) {
			answer, err = handler(srv, ctx, func(msg any) error { return c.receive(decode, msg) }, nil)
			return err
		})
		if err != nil {
			return nil, err
		}
		return answer, nil
	}
}
