// Package vers orders versions by the rules of their ecosystem and reads ranges of them: VERS (package-url/vers-spec) and the ecosystem's own notation.
// It stands beside kit/purl, whose types name the ecosystems; packages orders its answers by it, and events finds by it who touched a range.
package vers

import (
	"github.com/google/osv-scalibr/semantic"

	"devtrail.dev/kit/fault"
)

// ecosystems has, by purl type, the ecosystem whose rules order the versions. A type without one, or whose versions are commits, has no order.
var ecosystems = map[string]string{
	"apk":              "Alpine",
	"bitnami":          "Bitnami",
	"cargo":            "crates.io",
	"composer":         "Packagist",
	"conan":            "ConanCenter",
	"cran":             "CRAN",
	"deb":              "Debian",
	"gem":              "RubyGems",
	"golang":           "Go",
	"hackage":          "Hackage",
	"hex":              "Hex",
	"julia":            "Julia",
	"maven":            "Maven",
	"npm":              "npm",
	"nuget":            "NuGet",
	"pub":              "Pub",
	"pypi":             "PyPI",
	"rpm":              "Red Hat",
	"swift":            "SwiftURL",
	"vscode-extension": "npm",
}

// ErrRangeInvalid says that a text is no range of versions of its package's type; its message says why.
var ErrRangeInvalid = fault.New(fault.Invalid, "VERSION_RANGE_INVALID", "not a range of versions")

// Ordered reports whether the versions of packages of a purl type have an order.
func Ordered(purlType string) bool {
	_, ok := ecosystems[purlType]
	return ok
}

// Key is a version that has been read, for comparing it with others of its purl type. The zero Key is one that the rules cannot order.
type Key struct{ version semantic.Version }

// Parse reads a version. What the rules of the type cannot order, such as "latest" or a commit, gives the zero Key.
func Parse(purlType, version string) (key Key) {
	if purlType == "conan" && version != "" {
		return Key{version: parseConan(version)}
	}
	ecosystem, ok := ecosystems[purlType]
	if !ok || !ordered(purlType, version) {
		return Key{}
	}
	// The parsers meet whatever a lock file has; a panic in one of them must not lose an answer.
	defer func() {
		if recover() != nil {
			key = Key{}
		}
	}()
	if purlType == "julia" || purlType == "pub" {
		return Key{version: parseBuild(version)}
	}
	if form, ok := forms[purlType]; ok {
		version = form(version)
	}
	parsed, err := semantic.Parse(version, ecosystem)
	if err != nil {
		return Key{}
	}
	return Key{version: parsed}
}

// Compare orders two keys of one type; ok is false when the rules cannot order them, as with a zero Key.
func (k Key) Compare(other Key) (order int, ok bool) {
	if k.version == nil || other.version == nil {
		return 0, false
	}
	order, err := k.version.Compare(other.version)
	return order, err == nil
}

// Known reports whether the rules can order the version.
func (k Key) Known() bool { return k.version != nil }
