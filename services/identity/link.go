package identity

import (
	"github.com/google/uuid"

	"devtrail.dev/kit/fault"
)

// ErrIdentityLinked says that another developer has the identity.
var ErrIdentityLinked = fault.New(fault.State, "IDENTITY_LINKED", "another developer has the identity: merge the developers, or name replace")

// Evidence says why an identity is believed to be a developer's. The numbers are those of the contract and are stored.
type Evidence int16

// Evidence, strongest first.
const (
	EvidenceAuthenticated   Evidence = 1
	EvidenceProviderAccount Evidence = 2
	EvidenceVerifiedEmail   Evidence = 3
	EvidenceMailmap         Evidence = 4
	EvidenceAdministrator   Evidence = 5
	EvidenceObserved        Evidence = 6
)

// Confidence returns how sure a link of this evidence is, 1 to 100. The order is that of the evidence.
func (e Evidence) Confidence() int16 {
	switch e {
	case EvidenceAuthenticated:
		return 100
	case EvidenceProviderAccount:
		return 95
	case EvidenceVerifiedEmail:
		return 90
	case EvidenceMailmap:
		return 80
	case EvidenceAdministrator:
		return 75
	default:
		return 50
	}
}

// ActorObserved is the rule behind a link that nobody asked for: the identity was seen and nobody else had it.
const ActorObserved = "rule:observed"

// Link says that an identity shall be a developer's.
type Link struct {
	// DeveloperID may be of a merged developer: the survivor gets the identity.
	DeveloperID uuid.UUID
	Mention     Mention
	Evidence    Evidence
	// Actor is who decided: `credential:<id>`, `service:<name>` or `rule:<name>`.
	Actor string
	// Replace takes the identity away from the developer that has it.
	Replace bool
}

// Validate returns nil when the identity may be linked, or else what Mention.Linkable says.
func (l Link) Validate() error {
	return l.Mention.Linkable()
}

// Decide says what the link means while owner has the identity (uuid.Nil: nobody) and developer is to have it:
// whether anything changes, or ErrIdentityLinked.
func (l Link) Decide(owner, developer uuid.UUID) (changes bool, err error) {
	switch {
	case owner == developer:
		return false, nil
	case owner == uuid.Nil || l.Replace:
		return true, nil
	default:
		return false, ErrIdentityLinked.Meta("developer_id", owner.String())
	}
}
