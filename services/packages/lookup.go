package packages

import (
	"errors"

	"devtrail.dev/kit/fault"
	"devtrail.dev/kit/purl"
)

// Match says what is known of one purl.
type Match struct {
	// Requested is the purl as it was sent.
	Requested string
	// Purl is the canonical form without qualifiers and subpath; empty when Requested is not a purl.
	Purl string
	// PackagePurl is Purl without its version.
	PackagePurl string
	// Version is the version that the purl names; empty when it names none.
	Version string
	// Reason says why Requested is not a purl; empty when it is one.
	Reason string
	// Package is set when the organization knows the package and, where the purl names a version, that version.
	Package *Package
}

// IsInvalid is true when the requested text is not a purl.
func (m Match) IsInvalid() bool { return m.Reason != "" }

// ParseMatches starts a lookup: one match a purl, in their order, with what the text alone can tell. A bad purl does not fail the others.
func ParseMatches(purls []string) []Match {
	matches := make([]Match, len(purls))
	for i, text := range purls {
		matches[i].Requested = text
		p, err := purl.Parse(text)
		if err != nil {
			matches[i].Reason = reasonOf(err)
			continue
		}
		matches[i].Purl = p.Core()
		matches[i].PackagePurl = p.Package()
		matches[i].Version = p.VersionKey()
	}
	return matches
}

// reasonOf is the sentence of a parse error, without its cause.
func reasonOf(err error) string {
	if f, ok := errors.AsType[*fault.Fault](err); ok {
		return f.Message()
	}
	return err.Error()
}
