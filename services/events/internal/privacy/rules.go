// Package privacy takes out of events, or hashes, what their organization does not want to be kept. It stands in the intake, after an event is checked
// and before anything is written: what a rule names reaches no disk, no database and no reader of the live tail.
package privacy

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"devtrail.dev/services/events"
)

// hashed begins every hash, so that people see what it is.
const hashed = "hmac:"

// hashBytes of the 32 are kept: half of them is enough to keep texts apart.
const hashBytes = 16

// rules are those of one organization, ready to be applied.
type rules struct {
	key        []byte
	fields     map[events.PrivacyField]events.PrivacyAction
	properties *node
}

// node is a place in the tree of property paths.
type node struct {
	action   events.PrivacyAction
	children map[string]*node
}

func compile(p events.Privacy) *rules {
	r := &rules{key: p.Key, fields: make(map[events.PrivacyField]events.PrivacyAction), properties: &node{}}
	for _, rule := range p.Rules {
		if rule.Property == "" {
			r.fields[rule.Field] = rule.Action
			continue
		}
		at := r.properties
		for key := range strings.SplitSeq(rule.Property, ".") {
			if at.children == nil {
				at.children = make(map[string]*node)
			}
			if at.children[key] == nil {
				at.children[key] = &node{}
			}
			at = at.children[key]
		}
		at.action = rule.Action
	}
	return r
}

// apply changes a canonical event, which stays canonical.
func (r *rules) apply(e *events.Event) error {
	text, err := r.object(e.Properties, e.Project)
	if err != nil {
		return err
	}
	e.Properties = text
	e.Source.Machine = r.field(events.MachineName, e.Source.Machine)
	e.SessionID = r.field(events.SessionName, e.SessionID)
	e.Project = r.field(events.ProjectName, e.Project)
	return nil
}

func (r *rules) field(f events.PrivacyField, text string) string {
	switch {
	case text == "":
		return ""
	case r.fields[f] == events.PrivacyDrop:
		return ""
	case r.fields[f] == events.PrivacyHash:
		return r.hash(text)
	}
	return text
}

// isHash tells a hash of ours, or what looks like one, which says nothing either: hashing it again would make another text of it.
func isHash(text string) bool {
	digits, ok := strings.CutPrefix(text, hashed)
	if !ok || len(digits) != 2*hashBytes {
		return false
	}
	_, err := hex.DecodeString(digits)
	return err == nil
}

// hash is HMAC-SHA-256 (RFC 2104) under the organization's key, the first 128 bits of it in hexadecimal digits.
func (r *rules) hash(text string) string {
	if isHash(text) {
		return text
	}
	mac := hmac.New(sha256.New, r.key)
	mac.Write([]byte(text))
	return hashed + hex.EncodeToString(mac.Sum(nil)[:hashBytes])
}
