package auth

import (
	"context"
	"time"

	"golang.org/x/sync/singleflight"

	identityv1 "devtrail.dev/proto/gen/devtrail/identity/v1"
)

// How long an answer of the identity service is believed. A revoked key is refused within positiveFor, which the
// contract of RevokeApiKey promises; a fresh key works within negativeFor.
const (
	positiveFor   = 10 * time.Second
	negativeFor   = time.Second
	introspectFor = 3 * time.Second
)

type introspector struct {
	client identityv1.CredentialServiceClient
	now    func() time.Time
	cache  *cache
	flight singleflight.Group
}

// NewIntrospector verifies organization keys by asking the identity service. Answers are cached by the SHA-256 of
// the token from the moment the question was asked, so that a revocation counts from before the answer; entries
// end with the token. One question per token is in flight at a time. While identity is away a token without a
// fresh entry gets ErrUnknowable, never a stale yes.
func NewIntrospector(client identityv1.CredentialServiceClient, now func() time.Time) Verifier {
	return &introspector{client: client, now: now, cache: newCache(maxEntries)}
}

// Claims is true for the keys of organizations.
func (i *introspector) Claims(token string) bool {
	prefix := prefixOf(token)
	return prefix == PrefixKey || prefix == PrefixIngest
}

// Verify implements Verifier.
func (i *introspector) Verify(ctx context.Context, token string) (Caller, error) {
	if _, ok := CheckToken(token); !ok {
		return Caller{}, ErrInvalid
	}
	key := HashToken(token)
	if e, ok := i.cache.get(key, i.now()); ok {
		return e.answer()
	}
	// The question outlives a caller who gives up: others wait for the same answer.
	asked := i.flight.DoChan(string(key[:]), func() (any, error) {
		detached, cancel := context.WithTimeout(context.WithoutCancel(ctx), introspectFor)
		defer cancel()
		return i.ask(detached, key, token)
	})
	select {
	case <-ctx.Done():
		return Caller{}, ctx.Err()
	case r := <-asked:
		if r.Err != nil {
			return Caller{}, r.Err
		}
		return r.Val.(entry).answer()
	}
}

func (i *introspector) ask(ctx context.Context, key [32]byte, token string) (entry, error) {
	start := i.now()
	answer, err := i.client.Introspect(ctx, &identityv1.IntrospectRequest{Token: token})
	if err != nil {
		return entry{}, ErrUnknowable.Wrap(err)
	}
	e := entry{until: start.Add(negativeFor)}
	if answer.GetActive() {
		e = entry{active: true, until: start.Add(positiveFor), caller: Caller{
			OrganizationID: answer.GetOrganizationId(),
			CredentialID:   answer.GetCredentialId(),
			Role:           answer.GetRole(),
		}}
		if end := answer.GetExpiresAt(); end.IsValid() {
			e.caller.ExpiresAt = end.AsTime()
		}
		if e.ended(i.now()) {
			e = entry{until: start.Add(negativeFor)}
		}
	}
	i.cache.put(key, e, i.now())
	return e, nil
}
