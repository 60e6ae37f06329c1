package events

import (
	"context"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"

	"devtrail.dev/kit/fault"
)

// Failures of privacy rules.
var (
	ErrPrivacyInvalid  = fault.New(fault.Invalid, "PRIVACY_RULES_INVALID", "the privacy rules are invalid")
	ErrPrivacyConflict = fault.New(fault.Conflict, "PRIVACY_RULES_CHANGED", "the privacy rules were changed by somebody else; read them again")
)

// PrivacyAction is what becomes of a text; the numbers are those of the contract.
type PrivacyAction uint8

// Drop takes it away. Hash puts a keyed hash in its place, so that equal texts stay equal and can be counted, within one organization.
const (
	PrivacyDrop PrivacyAction = iota + 1
	PrivacyHash
)

// PrivacyField is a kind of text that many sources send under many names; the numbers are those of the contract.
type PrivacyField uint8

// FileNames and BranchNames are texts in properties, by the names of their keys at any depth. The others are fields of the event.
const (
	FileNames PrivacyField = iota + 1
	BranchNames
	MachineName
	SessionName
	ProjectName
)

// PrivacyRule says what becomes of one thing: Property, or Field where that is empty.
type PrivacyRule struct {
	Action   PrivacyAction `json:"action"`
	Field    PrivacyField  `json:"field,omitempty"`
	Property string        `json:"property,omitempty"` // a path of keys with dots between them, such as "git.author"
}

// Privacy is what an organization does not want to keep of its events.
type Privacy struct {
	Organization uuid.UUID
	Rules        []PrivacyRule
	Key          []byte // of the hashes; it never leaves the service
	Revision     int64  // grows by one with each change; 0: there were never rules
}

// PrivacyStore is the part of a Store that keeps the privacy rules. The law of the Store holds for it.
type PrivacyStore interface {
	// PrivacyRules must return what SetPrivacyRules was given last for each organization that ever had rules, in no order.
	PrivacyRules(ctx context.Context) ([]Privacy, error)
	// SetPrivacyRules must keep p, whose revision is the higher one, if what is kept is of the revision before (0: nothing), and else return
	// ErrPrivacyConflict and change nothing.
	SetPrivacyRules(ctx context.Context, before int64, p Privacy) error
}

// Limits of privacy rules.
const (
	maxPrivacyRules = 200
	maxPropertyPath = 500
)

// CheckPrivacyRules refuses, with a fault of kind Invalid, rules that name nothing, name it in a way that cannot match, or name one thing twice.
func CheckPrivacyRules(rules []PrivacyRule) error {
	if len(rules) > maxPrivacyRules {
		return ErrPrivacyInvalid.With("%d rules are more than %d", len(rules), maxPrivacyRules).Field("rules")
	}
	type target struct {
		field    PrivacyField
		property string
	}
	seen := make(map[target]bool, len(rules))
	for i, r := range rules {
		switch {
		case r.Action != PrivacyDrop && r.Action != PrivacyHash:
			return ErrPrivacyInvalid.With("rule %d has no action", i).Field("rules.action")
		case (r.Property == "") == (r.Field == 0), r.Field > ProjectName:
			return ErrPrivacyInvalid.With("rule %d must name a property or a field", i).Field("rules.target")
		case len(r.Property) > maxPropertyPath || !utf8.ValidString(r.Property) || strings.ContainsRune(r.Property, 0) ||
			r.Property != "" && slices.Contains(strings.Split(r.Property, "."), ""):
			return ErrPrivacyInvalid.With("rule %d: the property is no path of keys with dots between them", i).Field("rules.property")
		case seen[target{r.Field, r.Property}]:
			return ErrPrivacyInvalid.With("rule %d names what an earlier one names", i).Field("rules")
		}
		seen[target{r.Field, r.Property}] = true
	}
	return nil
}
