// Package identity holds the nouns and rules of who is who: organizations, developers, their identities, merges and API keys.
// It stands between the desk (internal/rpc) and the store (internal/postgres) and knows neither messages nor SQL.
package identity

import (
	"strings"

	"devtrail.dev/kit/fault"
)

// ErrIdentityValueInvalid says that a value does not have the form its kind asks for.
var ErrIdentityValueInvalid = fault.New(fault.Invalid, "IDENTITY_VALUE_INVALID", "value does not fit the kind")

// ErrIdentityGeneric says that a value names nobody, so it is linked to nobody.
var ErrIdentityGeneric = fault.New(fault.Invalid, "IDENTITY_GENERIC", "value names nobody")

// Kind says what an identity's value is. The numbers are those of the contract's IdentityKind and are stored.
type Kind int16

// The kinds of identities.
const (
	KindGitEmail         Kind = 1
	KindGitHubAccount    Kind = 2
	KindGitLabAccount    Kind = 3
	KindBitbucketAccount Kind = 4
	KindLogin            Kind = 5
	KindMachine          Kind = 6
	KindBrowserAnonymous Kind = 7
	KindOIDCSubject      Kind = 8
	KindAPIKey           Kind = 9
	KindExternal         Kind = 10
)

// NamesPerson reports whether an identity of this kind is enough to know a developer by.
// A machine or a browser may be shared and a key belongs to a program: those are linked by somebody, never by themselves.
func (k Kind) NamesPerson() bool {
	switch k {
	case KindMachine, KindBrowserAnonymous, KindAPIKey:
		return false
	default:
		return true
	}
}

// Identity is one name by which one source knows somebody. The value is in canonical form.
type Identity struct {
	Kind  Kind
	Value string
}

// Compare orders identities by kind, then by the bytes of the value. It returns -1, 0 or +1.
func (i Identity) Compare(other Identity) int {
	if i.Kind != other.Kind {
		if i.Kind < other.Kind {
			return -1
		}
		return +1
	}
	return strings.Compare(i.Value, other.Value)
}

// Mention is an identity as somebody named it.
type Mention struct {
	// Identity is the canonical form. When the value does not fit its kind it is the value as given, without surrounding blanks.
	Identity Identity
	// Raw is the value as given.
	Raw string
	// DisplayName is the name the source shows for it; may be empty.
	DisplayName string
	standing    standing
}

// standing is what a mention is good for.
type standing uint8

const (
	malformed standing = iota
	generic
	linkable
)

// NewMention reads a value of a kind. It always returns a mention; one that does not fit its kind or names nobody is never linked.
func NewMention(kind Kind, raw, displayName string) Mention {
	m := Mention{
		Identity:    Identity{Kind: kind, Value: strings.TrimSpace(raw)},
		Raw:         raw,
		DisplayName: CleanName(displayName),
	}
	value, subject, ok := canonical(kind, m.Identity.Value)
	switch {
	case isGeneric(kind, m.Identity.Value, value, subject):
		m.standing = generic
		if ok {
			m.Identity.Value = value
		}
	case ok:
		m.standing = linkable
		m.Identity.Value = value
	}
	return m
}

// Linkable returns nil when the mention may be linked to a developer, or else ErrIdentityValueInvalid or ErrIdentityGeneric with the value quoted.
func (m Mention) Linkable() error {
	switch m.standing {
	case linkable:
		return nil
	case generic:
		return ErrIdentityGeneric.With("value %q names nobody", m.Raw).Field("identity.value")
	default:
		return ErrIdentityValueInvalid.With("value %q is not %s", m.Raw, forms[m.Identity.Kind]).Field("identity.value")
	}
}

// CreatesDeveloper reports whether the mention alone is enough to know a new developer by.
func (m Mention) CreatesDeveloper() bool {
	return m.standing == linkable && m.Identity.Kind.NamesPerson()
}

// Name returns what to call a developer who is known by this mention alone: the name the source shows, or the value.
func (m Mention) Name() string {
	if m.DisplayName != "" {
		return m.DisplayName
	}
	return strings.TrimSpace(m.Raw)
}
