// Package purl is the suite's one canonicalizer of package URLs, the names packages go by everywhere: at ingest,
// in stores, in questions. It follows package-url/purl-spec by a type table of its own over packageurl-go. It is
// pure and stands on the path of every package event.
package purl

import (
	"strings"
	"unicode/utf8"

	packageurl "github.com/package-url/packageurl-go"

	"devtrail.dev/kit/fault"
)

// MaxLength bounds the canonical text in bytes: it is a key in both stores, and a Postgres index refuses keys
// of more than 2704 bytes.
const MaxLength = 2048

// ErrInvalid says that a text is no purl; its message says why.
var ErrInvalid = fault.New(fault.Invalid, "PURL_INVALID", "not a package URL")

// Qualifiers are key and value pairs, in ascending order of their keys.
type Qualifiers = packageurl.Qualifiers

// Purl is a package URL in canonical form, as Parse and New make it. The fields are decoded text.
type Purl struct {
	Type       string
	Namespace  string // segments separated by "/"; "" when there is none
	Name       string
	Version    string
	Qualifiers Qualifiers
	Subpath    string
}

// Parse reads a package URL and brings it into canonical form. Errors are ErrInvalid with the reason.
func Parse(s string) (Purl, error) {
	if len(s) > MaxLength {
		return Purl{}, invalid("a package URL has at most %d bytes, got %d", MaxLength, len(s))
	}
	// The library refuses some subpaths that the specification has cleaned, so ours are read here.
	rest, fragment, hasSubpath := strings.Cut(s, "#")
	if key := upperKey(rest); key != "" {
		return Purl{}, invalid("the qualifier key %q begins with an upper-case letter", shorten(key))
	}
	raw, err := packageurl.FromString(rest)
	if err != nil {
		return Purl{}, ErrInvalid.With("%q is no package URL: %v", shorten(s), err)
	}
	p := Purl{
		Type: raw.Type, Namespace: raw.Namespace, Name: raw.Name, Version: raw.Version, Qualifiers: raw.Qualifiers,
	}
	if hasSubpath {
		if p.Subpath, err = decodeSubpath(fragment); err != nil {
			return Purl{}, ErrInvalid.With("the subpath of %q is badly encoded", shorten(s))
		}
	}
	return canonical(p)
}

// New builds a canonical purl of its parts. Qualifiers with an empty value are dropped.
func New(typ, namespace, name, version string, qualifiers map[string]string, subpath string) (Purl, error) {
	raw := packageurl.PackageURL{
		Type: typ, Namespace: namespace, Name: name, Version: version,
		Qualifiers: packageurl.QualifiersFromMap(qualifiers),
	}
	if err := raw.Normalize(); err != nil {
		return Purl{}, ErrInvalid.With("type %q, name %q make no package URL: %v", shorten(typ), shorten(name), err)
	}
	return canonical(Purl{
		Type: raw.Type, Namespace: raw.Namespace, Name: raw.Name, Version: raw.Version,
		Qualifiers: raw.Qualifiers, Subpath: subpath,
	})
}

// String is the canonical text.
func (p Purl) String() string { return p.text(p.Version, p.Qualifiers, p.Subpath) }

// Core is the text without qualifiers and subpath by which a version of a package is kept and asked for; see Package and VersionKey.
func (p Purl) Core() string { return p.folded().text(p.VersionKey(), nil, "") }

// Package is the text without version, qualifiers and subpath by which a package is kept and asked for everywhere:
// the canonical one, with the spellings of one package that the specification leaves apart folded into one.
func (p Purl) Package() string { return p.folded().text("", nil, "") }

// VersionKey is the version as it is kept and asked for; see fold.go.
func (p Purl) VersionKey() string { return foldVersion(p.Type, p.Version) }

// Qualifier is the value of a qualifier, or "".
func (p Purl) Qualifier(key string) string { return value(p.Qualifiers, key) }

func (p Purl) text(version string, qualifiers Qualifiers, subpath string) string {
	namespace, name := p.Namespace, p.Name
	if p.Type == typeGit {
		namespace, name = lastSegment(namespace + "/" + name)
	}
	raw := packageurl.PackageURL{
		Type: p.Type, Namespace: namespace, Name: name, Version: version, Qualifiers: qualifiers, Subpath: subpath,
	}
	return raw.ToString()
}

// canonical applies the rules for all types and those of the type.
func canonical(p Purl) (Purl, error) {
	if p.Type == "" || p.Type[0] < 'a' || p.Type[0] > 'z' {
		return Purl{}, invalid("type %q does not begin with a letter", p.Type)
	}
	p.Namespace = segments(p.Namespace, false)
	p.Subpath = segments(p.Subpath, true)
	if err := types[p.Type].apply(&p); err != nil {
		return Purl{}, err
	}
	if p.Name == "" {
		return Purl{}, invalid("the name is empty")
	}
	if !printable(p) {
		return Purl{}, invalid("a package URL holds text without control characters")
	}
	if len(p.Qualifiers) == 0 {
		p.Qualifiers = nil
	}
	if long(p) && len(p.String()) > MaxLength {
		return Purl{}, invalid("the canonical text has more than %d bytes", MaxLength)
	}
	return p, nil
}

// long tells whether encoding, which makes three bytes of one at worst, could exceed MaxLength.
func long(p Purl) bool {
	n := len(p.Type) + len(p.Namespace) + len(p.Name) + len(p.Version) + len(p.Subpath)
	for _, q := range p.Qualifiers {
		n += len(q.Key) + len(q.Value) + 2
	}
	return 3*n+16 > MaxLength
}

func printable(p Purl) bool {
	ok := text(p.Namespace) && text(p.Name) && text(p.Version) && text(p.Subpath)
	for _, q := range p.Qualifiers {
		ok = ok && text(q.Value)
	}
	return ok
}

func text(s string) bool {
	for i := range len(s) {
		if s[i] < 0x20 || s[i] == 0x7f {
			return false
		}
	}
	return utf8.ValidString(s)
}

func shorten(s string) string {
	const most = 200
	if len(s) > most {
		s = s[:most] + "..."
	}
	return strings.ToValidUTF8(s, "?")
}
