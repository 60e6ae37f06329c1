package vers

import (
	"cmp"
	"slices"
	"strings"

	"github.com/google/osv-scalibr/semantic"
)

// buildVersion is a version whose build, behind the plus, counts: Pub and Julia publish 1.0.0+9 and 1.0.0+10 one after the other. The library orders the builds of
// Pub by their text, and those of Julia not at all.
type buildVersion struct {
	release semantic.Version
	build   []string // empty where there is none
}

var _ semantic.Version = buildVersion{}

func parseBuild(version string) buildVersion {
	release, build, _ := strings.Cut(version, "+")
	v := buildVersion{release: semantic.ParseSemverVersion(release)}
	if build != "" {
		v.build = strings.Split(build, ".")
	}
	return v
}

// Compare orders the version and another with a build.
func (v buildVersion) Compare(other semantic.Version) (int, error) {
	w, ok := other.(buildVersion)
	if !ok {
		return 0, semantic.ErrNotSameEcosystem
	}
	if order, err := v.release.Compare(w.release); err != nil || order != 0 {
		return order, err
	}
	// No build is below all of them: the shorter list comes first.
	return slices.CompareFunc(v.build, w.build, compareIdentifiers), nil
}

// CompareStr is Compare with a version that has not been read yet.
func (v buildVersion) CompareStr(other string) (int, error) { return v.Compare(parseBuild(other)) }

// compareIdentifiers puts numbers before texts, as with pre-releases.
func compareIdentifiers(a, b string) int {
	switch {
	case isNumber(a) && isNumber(b):
		return compareNumbers(a, b)
	case isNumber(a):
		return -1
	case isNumber(b):
		return 1
	}
	return strings.Compare(a, b)
}

// compareNumbers orders numbers of any length.
func compareNumbers(a, b string) int {
	a, b = strings.TrimLeft(a, "0"), strings.TrimLeft(b, "0")
	return cmp.Or(cmp.Compare(len(a), len(b)), strings.Compare(a, b))
}
