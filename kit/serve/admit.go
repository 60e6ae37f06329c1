package serve

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"buf.build/go/protovalidate"
	"google.golang.org/protobuf/proto"

	"devtrail.dev/kit/auth"
	"devtrail.dev/kit/fault"
)

// auth finds out who calls, whether the role may use the RPC, and in which organization the call works.
func (s *Server) auth(ctx context.Context, c *call, next func(context.Context) error) error {
	if c.open = s.rules.Open(c.method); c.open {
		return next(ctx)
	}
	token, ok := bearer(header(ctx, "authorization"))
	if !ok {
		return auth.ErrMissing
	}
	caller, err := s.deps.Verifier.Verify(ctx, token)
	if err != nil {
		return err
	}
	if name := header(ctx, auth.HeaderService); caller.Role == serviceRole && plain(name, 64) {
		caller.ServiceName = name
	}
	c.caller = caller
	if err := s.rules.Authorize(c.method, caller); err != nil {
		return err
	}
	if caller, err = s.rules.Place(c.method, caller, header(ctx, auth.HeaderOrganization)); err != nil {
		return err
	}
	c.caller = caller
	ctx = auth.WithCaller(ctx, caller)
	if c.streams {
		return s.watched(ctx, token, caller.ExpiresAt, next)
	}
	return next(ctx)
}

// recheck is how often the credential of a stream is verified again.
const recheck = time.Second

// watched has a stream last no longer than its credential: it may live for days, and a key that was revoked must not. While nobody can tell, it goes on,
// but not beyond the end of the credential, which the door knows by itself; zero is none.
func (s *Server) watched(ctx context.Context, token string, end time.Time, next func(context.Context) error) error {
	ctx, cut := context.WithCancelCause(ctx)
	var watching sync.WaitGroup
	watching.Go(func() {
		ticker := time.NewTicker(recheck)
		defer ticker.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
			}
			if !end.IsZero() && !s.deps.Now().Before(end) {
				cut(auth.ErrInvalid)
				return
			}
			err := Recovered(func() error {
				_, err := s.deps.Verifier.Verify(ctx, token)
				return err
			})
			if errors.Is(err, auth.ErrInvalid) {
				cut(auth.ErrInvalid)
			}
		}
	})
	defer watching.Wait()
	defer cut(nil)
	err := next(ctx)
	if err != nil && errors.Is(context.Cause(ctx), auth.ErrInvalid) {
		return auth.ErrInvalid.Wrap(err)
	}
	return err
}

// bearer reads "Bearer <token>"; the scheme's case does not matter.
func bearer(value string) (string, bool) {
	scheme, token, ok := strings.Cut(value, " ")
	token = strings.TrimSpace(token)
	return token, ok && strings.EqualFold(scheme, "bearer") && token != "" && len(token) <= 4096
}

// errMessage says that a message breaks a rule of the contract.
var errMessage = fault.New(fault.Invalid, "VALIDATION_FAILED", "the request is not valid")

// listedBytes is how large a message is at most of which all mistakes are told. What is kept of one takes a kilobyte, and two bytes of a message may make it:
// a large list of bad elements would take all the memory there is.
const listedBytes = 4 << 10

// validate has every message received checked by the rules of the contract.
func (s *Server) validate(ctx context.Context, c *call, next func(context.Context) error) error {
	if !c.open {
		c.check = s.checkMessage
	}
	return next(ctx)
}

func (s *Server) checkMessage(msg any) error {
	if r, ok := msg.(Reader); ok {
		contract, err := r.Contract()
		if err != nil {
			return err
		}
		if contract == nil {
			return nil
		}
		msg = contract
	}
	m, ok := msg.(proto.Message)
	if !ok {
		return nil
	}
	err := s.validator.Validate(m, protovalidate.WithFailFast())
	if err == nil {
		return nil
	}
	if proto.Size(m) <= listedBytes {
		err = s.validator.Validate(m)
	}
	broken, ok := errors.AsType[*protovalidate.ValidationError](err)
	if !ok || len(broken.Violations) == 0 {
		return err
	}
	first := broken.Violations[0].Proto
	path := protovalidate.FieldPathString(first.GetField())
	text := make([]string, 0, len(broken.Violations))
	for _, v := range broken.Violations {
		text = append(text, strings.TrimPrefix(protovalidate.FieldPathString(v.Proto.GetField())+": "+v.Proto.GetMessage(), ": "))
	}
	return errMessage.With("%s", strings.Join(text, "; ")).Field(path)
}
