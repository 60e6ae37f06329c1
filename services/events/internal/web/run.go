package web

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"
)

// What a client may take, so that slow ones cannot hold the door: for the headers, for the whole request, for the answer, between two requests.
const (
	headerTimeout  = 5 * time.Second
	readTimeout    = 30 * time.Second
	writeTimeout   = readTimeout + requestTime + 10*time.Second // counted from the headers on, as the time of the request is; who ran out of it is told
	idleTimeout    = 2 * time.Minute
	maxHeaderBytes = 32 << 10
)

// Addr is where the door listens; nil before Listening is closed.
func (d *Door) Addr() net.Addr {
	select {
	case <-d.listening:
		return d.addr
	default:
		return nil
	}
}

// Listening is closed when the door accepts connections.
func (d *Door) Listening() <-chan struct{} { return d.listening }

// Run listens at Config.Address and serves until ctx ends; then it takes no new connection, lets requests in flight end within the grace
// period, cuts off the rest and returns nil. A door that is off waits for the end of ctx. The error says that the address cannot be had or that serving failed.
func (d *Door) Run(ctx context.Context) error {
	if !d.cfg.Enabled() {
		<-ctx.Done()
		return nil
	}
	lis, err := (&net.ListenConfig{}).Listen(ctx, "tcp", d.cfg.Address)
	if err != nil {
		return fmt.Errorf("events: listen at %s: %w", d.cfg.Address, err)
	}
	return d.Serve(ctx, lis)
}

// Serve is Run on a listener of the caller's. It closes the listener.
func (d *Door) Serve(ctx context.Context, lis net.Listener) error {
	requests, cut := context.WithCancel(context.WithoutCancel(ctx))
	defer cut()
	server := &http.Server{
		Handler:           d,
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		BaseContext:       func(net.Listener) context.Context { return requests },
		ErrorLog:          slog.NewLogLogger(d.deps.Logger.Handler(), slog.LevelDebug),
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	d.addr = lis.Addr()
	close(d.listening)
	d.deps.Logger.InfoContext(ctx, "listening", "address", lis.Addr().String(), "door", "http")
	var serving sync.WaitGroup
	serving.Go(func() {
		if err := server.Serve(lis); !errors.Is(err, http.ErrServerClosed) {
			cancel(fmt.Errorf("events: serve at %s: %w", lis.Addr(), err))
		}
	})
	<-ctx.Done()
	d.stop(context.WithoutCancel(ctx), server)
	serving.Wait()
	if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, context.Canceled) && !errors.Is(cause, context.DeadlineExceeded) {
		return cause
	}
	return nil
}

// stop lets requests in flight end within the grace period.
func (d *Door) stop(ctx context.Context, server *http.Server) {
	grace, cancel := context.WithTimeout(ctx, d.cfg.GracePeriod)
	defer cancel()
	if err := server.Shutdown(grace); err != nil {
		d.deps.Logger.WarnContext(ctx, "requests still in flight after the grace period are cut off", "grace_period", d.cfg.GracePeriod.String())
		_ = server.Close()
	}
}
