package vers

import (
	"slices"
	"strings"

	"github.com/google/osv-scalibr/semantic"
)

// conanVersion is ordered as Conan does: numbers and texts between dots, with a pre-release behind the first dash and a build behind the last plus, which
// are versions themselves. The library takes it for one of semver, which has three numbers and no order of builds.
type conanVersion struct {
	items      []string // without zeros at the end
	pre, build *conanVersion
}

var _ semantic.Version = (*conanVersion)(nil)

func parseConan(version string) *conanVersion {
	v := &conanVersion{}
	if i := strings.LastIndexByte(version, '+'); i >= 0 {
		v.build = parseConan(version[i+1:])
		version = version[:i]
	}
	if before, after, ok := strings.Cut(version, "-"); ok {
		v.pre = parseConan(after)
		version = before
	}
	v.items = strings.Split(version, ".")
	for n := len(v.items); n > 0 && isNumber(v.items[n-1]) && strings.Trim(v.items[n-1], "0") == ""; n-- {
		v.items = v.items[:n-1]
	}
	return v
}

// Compare orders the version and another of Conan.
func (v *conanVersion) Compare(other semantic.Version) (int, error) {
	w, ok := other.(*conanVersion)
	if !ok {
		return 0, semantic.ErrNotSameEcosystem
	}
	return v.compare(w), nil
}

// CompareStr is Compare with a version that has not been read yet.
func (v *conanVersion) CompareStr(other string) (int, error) { return v.Compare(parseConan(other)) }

func (v *conanVersion) compare(w *conanVersion) int {
	if order := slices.CompareFunc(v.items, w.items, compareConanItems); order != 0 {
		return order
	}
	// A release is above its pre-releases, and below its builds.
	if order := comparePart(v.pre, w.pre, 1); order != 0 {
		return order
	}
	return comparePart(v.build, w.build, -1)
}

// comparePart orders what one of the versions may not have; absent is the order of one that has it not and one that has it.
func comparePart(v, w *conanVersion, absent int) int {
	switch {
	case v == nil && w == nil:
		return 0
	case v == nil:
		return absent
	case w == nil:
		return -absent
	}
	return v.compare(w)
}

func compareConanItems(a, b string) int {
	if !isNumber(a) || !isNumber(b) {
		return strings.Compare(a, b)
	}
	return compareNumbers(a, b)
}

func isNumber(text string) bool { return text != "" && strings.Trim(text, "0123456789") == "" }
