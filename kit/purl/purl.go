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
func (p Purl) String() string {
	return packageurl.NewPackageURL(p.Type, p.Namespace, p.Name, p.Version, p.Qualifiers, p.Subpath).ToString()
}

// Core is the canonical text without qualifiers and subpath: the version of a package.
func (p Purl) Core() string {
	return packageurl.NewPackageURL(p.Type, p.Namespace, p.Name, p.Version, nil, "").ToString()
}

// Package is the canonical text without version, qualifiers and subpath: the package's name everywhere.
func (p Purl) Package() string {
	return packageurl.NewPackageURL(p.Type, p.Namespace, p.Name, "", nil, "").ToString()
}

// Qualifier is the value of a qualifier, or "".
func (p Purl) Qualifier(key string) string { return value(p.Qualifiers, key) }

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
	return p, nil
}

// segments drops empty segments, and of a path also "." and "..".
func segments(s string, path bool) string {
	if s == "" {
		return ""
	}
	kept := make([]string, 0, 4)
	for segment := range strings.SplitSeq(s, "/") {
		if segment == "" || path && (segment == "." || segment == "..") {
			continue
		}
		kept = append(kept, segment)
	}
	return strings.Join(kept, "/")
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
