package people

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sync/singleflight"

	"devtrail.dev/kit/auth"
	"devtrail.dev/kit/dial"
	identityv1 "devtrail.dev/proto/gen/devtrail/identity/v1"
)

const (
	// askFor is how long events wait to hear whether their organization exists.
	askFor = time.Second
	// askAgain is how soon the identity service is asked again after it did not say.
	askAgain = 10 * time.Second
)

// Organizations tells whether organizations exist. The keys of operators name any, and so do the settings of webhooks: events under a mistyped one would be
// stored for nobody.
type Organizations struct {
	client identityv1.OrganizationServiceClient
	now    func() time.Time

	mu     sync.RWMutex
	exist  map[uuid.UUID]struct{} // none is ever removed
	flight singleflight.Group
	silent atomic.Int64 // nanoseconds of when the identity service is asked again that did not say; 0: it did
}

// NewOrganizations returns what asks client once for each organization.
func NewOrganizations(client identityv1.OrganizationServiceClient, now func() time.Time) *Organizations {
	return &Organizations{client: client, now: now, exist: make(map[uuid.UUID]struct{})}
}

// Check returns auth.ErrOrganizationNotFound when the identity service says that there is no such organization. While it does not say, any passes, and nobody
// waits for it: events are taken in also while it is away.
func (o *Organizations) Check(ctx context.Context, id uuid.UUID) error {
	o.mu.RLock()
	_, exists := o.exist[id]
	o.mu.RUnlock()
	if exists {
		return nil
	}
	silent := o.silent.Load()
	if silent != 0 {
		if now := o.now(); now.UnixNano() < silent || !o.silent.CompareAndSwap(silent, now.Add(askAgain).UnixNano()) {
			return nil
		}
	}
	// The question outlives a sender who gives up or does not wait: others wait for the same answer.
	asked := o.flight.DoChan(id.String(), func() (any, error) {
		detached, cancel := context.WithTimeout(context.WithoutCancel(ctx), askFor)
		defer cancel()
		return nil, o.ask(detached, id)
	})
	if silent != 0 {
		return nil
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case answer := <-asked:
		return answer.Err
	}
}

func (o *Organizations) ask(ctx context.Context, id uuid.UUID) error {
	_, err := o.client.GetOrganization(dial.WithOrganization(ctx, id.String()), &identityv1.GetOrganizationRequest{})
	switch {
	case err == nil:
		o.mu.Lock()
		o.exist[id] = struct{}{}
		o.mu.Unlock()
	case errors.Is(err, auth.ErrOrganizationNotFound):
		err = unknown(id, err)
	default:
		o.silent.Store(o.now().Add(askAgain).UnixNano())
		return nil
	}
	o.silent.Store(0)
	return err
}

// unknown says that the identity service does not know an organization.
func unknown(id uuid.UUID, err error) error {
	return auth.ErrOrganizationNotFound.With("organization %q not found", id).Wrap(err)
}
