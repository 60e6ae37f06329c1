package auth

import (
	"context"
	"crypto/subtle"
	"encoding/hex"
	"strings"

	accessv1 "devtrail.dev/proto/gen/devtrail/access/v1"
)

// Verifier tells whose token it is. It returns ErrInvalid for a bad token and a fault of kind Unavailable when
// it cannot know.
type Verifier interface {
	Verify(ctx context.Context, token string) (Caller, error)
}

// Claimer is a Verifier that judges only tokens of certain prefixes. A Verifier that is no Claimer claims all.
type Claimer interface {
	Claims(token string) bool
}

// static knows the keys of the installation from its settings.
type static struct {
	keys []staticKey
}

type staticKey struct {
	hash   [32]byte
	caller Caller
}

// NewStatic verifies the operator's and the services' keys, which are settings. It claims the tokens of those two
// prefixes, also when it holds no key: then it refuses them. Empty keys are passed over.
func NewStatic(operatorKeys, serviceKeys []string) Verifier {
	s := &static{}
	add := func(keys []string, name string, role Role) {
		for _, key := range keys {
			if key = strings.TrimSpace(key); key == "" {
				continue
			}
			hash := HashToken(key)
			s.keys = append(s.keys, staticKey{hash: hash, caller: Caller{
				CredentialID: name + "-" + hex.EncodeToString(hash[:4]),
				Role:         role,
			}})
		}
	}
	add(operatorKeys, "operator", accessv1.Role_ROLE_OPERATOR)
	add(serviceKeys, "service", accessv1.Role_ROLE_SERVICE)
	return s
}

// Claims is true for operator and service tokens.
func (s *static) Claims(token string) bool {
	prefix := prefixOf(token)
	return prefix == PrefixOperator || prefix == PrefixService
}

// Verify compares with every key, so that the time says nothing on which one came close.
func (s *static) Verify(_ context.Context, token string) (Caller, error) {
	hash := HashToken(token)
	found := -1
	for i, key := range s.keys {
		if subtle.ConstantTimeCompare(hash[:], key.hash[:]) == 1 {
			found = i
		}
	}
	if found < 0 {
		return Caller{}, ErrInvalid
	}
	return s.keys[found].caller, nil
}

type chain []Verifier

// NewChain asks the first verifier that claims the token. A token nobody claims is invalid.
func NewChain(vs ...Verifier) Verifier { return chain(vs) }

// Verify implements Verifier.
func (c chain) Verify(ctx context.Context, token string) (Caller, error) {
	for _, v := range c {
		if claimer, ok := v.(Claimer); ok && !claimer.Claims(token) {
			continue
		}
		return v.Verify(ctx, token)
	}
	return Caller{}, ErrInvalid
}
