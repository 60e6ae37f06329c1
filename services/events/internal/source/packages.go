package source

import (
	"strings"

	"devtrail.dev/kit/purl"
)

// ecosystems are the purl types of what providers call an ecosystem, a package type or a registry, in lower case.
var ecosystems = map[string]string{
	"actions": "github", "alpine": "apk", "alpm": "alpm", "arch": "alpm", "bundler": "gem", "cargo": "cargo", "chef": "generic", "composer": "composer", "conan": "conan", "conda": "conda",
	"container": "docker", "cran": "cran", "crates.io": "cargo", "debian": "deb", "docker": "docker", "erlang": "hex", "gem": "gem", "generic": "generic", "github": "github",
	"github actions": "github", "go": "golang", "golang": "golang", "gomod": "golang", "helm": "helm", "hex": "hex", "maven": "maven", "npm": "npm", "nuget": "nuget", "packagist": "composer",
	"pip": "pypi", "pub": "pub", "pypi": "pypi", "rpm": "rpm", "rubygems": "gem", "rust": "cargo", "swift": "swift", "swifturl": "swift", "vagrant": "generic",
}

// distributions are whose packages a purl type is for where only the kind of registry is told.
var distributions = map[string]string{"alpm": "arch", "apk": "alpine", "deb": "debian"}

// PurlType is the purl type of an ecosystem; empty when it has none.
func PurlType(ecosystem string) string {
	return ecosystems[strings.ToLower(strings.TrimSpace(ecosystem))]
}

// Purl names a package of an ecosystem, by the name that people type. It is empty when that makes no purl.
func Purl(ecosystem, name, version string) string {
	return PurlWith(ecosystem, name, version, nil)
}

// PurlWith is Purl with qualifiers.
func PurlWith(ecosystem, name, version string, qualifiers map[string]string) string {
	typ := PurlType(ecosystem)
	name = strings.TrimSpace(name)
	if typ == "" || name == "" {
		return ""
	}
	namespace := ""
	switch typ {
	case "maven":
		if group, artifact, found := strings.Cut(name, ":"); found {
			namespace, name = group, artifact
		}
	case "alpm", "apk", "deb":
		namespace = distributions[typ]
	case "swift":
		name = strings.TrimPrefix(name, "https://")
		namespace, name = cutLast(strings.TrimSuffix(name, ".git"))
	case "docker", "npm", "composer", "golang", "github", "hex", "helm":
		namespace, name = cutLast(name)
	}
	p, err := purl.New(typ, namespace, name, strings.TrimSpace(version), qualifiers, "")
	if err != nil {
		return ""
	}
	return p.String()
}

func cutLast(name string) (before, last string) {
	if i := strings.LastIndexByte(name, '/'); i >= 0 {
		return name[:i], name[i+1:]
	}
	return "", name
}

// Purls drops the empty ones.
func Purls(purls ...string) []string {
	var kept []string
	for _, p := range purls {
		if p != "" {
			kept = append(kept, p)
		}
	}
	return kept
}
