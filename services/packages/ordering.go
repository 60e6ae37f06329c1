package packages

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"slices"

	"github.com/google/osv-scalibr/semantic"
)

// ecosystems has, by purl type, the ecosystem whose rules order the versions. A type without one, or whose versions are commits, is ordered by text.
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

// SortVersions orders versions newest first by the rules of the purl type's ecosystem. Equal ones, and those that the rules cannot order, which come last,
// are ordered by text. The order depends on the set alone, so that a page can begin after any version.
//
// It takes about 3 microseconds a version at ten thousand npm versions.
func SortVersions(purlType string, versions []Version) {
	type keyed struct {
		Version
		key semantic.Version
	}
	rows := make([]keyed, len(versions))
	for i, v := range versions {
		rows[i] = keyed{Version: v, key: parseVersion(purlType, v.Version)}
	}
	slices.SortFunc(rows, func(a, b keyed) int {
		switch {
		case a.key == nil && b.key == nil:
			return cmp.Compare(a.Version.Version, b.Version.Version)
		case a.key == nil:
			return 1
		case b.key == nil:
			return -1
		}
		if order, err := b.key.Compare(a.key); err == nil && order != 0 {
			return order
		}
		return cmp.Compare(a.Version.Version, b.Version.Version)
	})
	for i, row := range rows {
		versions[i] = row.Version
	}
}

// parseVersion gives nil for what the rules cannot order.
func parseVersion(purlType, version string) (key semantic.Version) {
	ecosystem, ok := ecosystems[purlType]
	if !ok || version == "" || !hasDigit(version) {
		return nil
	}
	// The parsers meet whatever a lock file has; a panic in one of them must not lose the page.
	defer func() {
		if recover() != nil {
			key = nil
		}
	}()
	key, err := semantic.Parse(version, ecosystem)
	if err != nil {
		return nil
	}
	return key
}

// hasDigit tells versions from names like "latest" or "main", which the lenient parsers take for 0.
func hasDigit(version string) bool {
	for i := range len(version) {
		if c := version[i]; '0' <= c && c <= '9' {
			return true
		}
	}
	return false
}

// VersionMark is a short name of a version's text, for page tokens.
func VersionMark(version string) string {
	sum := sha256.Sum256([]byte(version))
	return hex.EncodeToString(sum[:16])
}

// PageVersions cuts the page of at most size versions that follow the one with the mark after, or that begin the list when after is empty. The versions
// are in the order of SortVersions. ok is false when no version has the mark.
func PageVersions(versions []Version, after string, size int) (page []Version, more, ok bool) {
	start := 0
	if after != "" {
		i := slices.IndexFunc(versions, func(v Version) bool { return VersionMark(v.Version) == after })
		if i < 0 {
			return nil, false, false
		}
		start = i + 1
	}
	end := min(start+size, len(versions))
	return versions[start:end], end < len(versions), true
}
