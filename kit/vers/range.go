package vers

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"unicode"

	"deps.dev/util/semver"
)

// MaxLength bounds the text of a range in bytes.
const MaxLength = 4096

// Range is a set of versions of packages of one purl type.
type Range struct {
	purlType    string
	all         bool
	constraints []constraint       // of VERS, in the order of their versions
	native      *semver.Constraint // in place of constraints
	text        string
}

// ParseRange reads a range for packages of a purl type: `vers:npm/>=1.2.0|<2.0.0`, whose scheme must be that type, or the ecosystem's own notation,
// `^1.2.0`. Its errors are ErrRangeInvalid with the reason.
func ParseRange(purlType, text string) (Range, error) {
	if len(text) > MaxLength {
		return Range{}, ErrRangeInvalid.With("a range has at most %d bytes, got %d", MaxLength, len(text))
	}
	if rest, ok := strings.CutPrefix(text, "vers:"); ok {
		return parseVers(purlType, text, rest)
	}
	return parseNative(purlType, text)
}

// Holds reports whether a version is in the range. A version that the type's rules cannot order is in it only if it is named. One of a Go module may be
// written without its "v".
func (r Range) Holds(version string) bool {
	switch {
	case r.all:
		return true
	case r.native != nil:
		return r.native.Match(native(r.purlType, r.public(version)))
	}
	return r.contains(version)
}

// public is a version of Python without the label of a local build, as in 2.0+cu118, which PEP 440 has every clause pass over that names none. The library holds
// such a version to be in no range but that of its own label.
func (r Range) public(version string) string {
	if r.purlType != "pypi" || strings.Contains(r.text, "+") {
		return version
	}
	version, _, _ = strings.Cut(version, "+")
	return version
}

// String returns the range as it was given.
func (r Range) String() string { return r.text }

// natives has, by purl type, the notation that the ecosystem writes its own ranges in.
var natives = map[string]semver.System{
	"cargo":  semver.Cargo,
	"gem":    semver.RubyGems,
	"golang": semver.Go,
	"maven":  semver.Maven,
	"npm":    semver.NPM,
	"nuget":  semver.NuGet,
	"pypi":   semver.PyPI,
}

func parseNative(purlType, text string) (r Range, err error) {
	system, ok := natives[purlType]
	if !ok {
		return Range{}, ErrRangeInvalid.With("%q: ranges of %s packages are written as vers:%[2]s/...", text, purlType)
	}
	if strings.TrimSpace(text) == "" {
		return Range{}, ErrRangeInvalid.With("the range is empty")
	}
	defer func() {
		if recover() != nil { // as in Parse
			r, err = Range{}, ErrRangeInvalid.With("%q is no range of %s versions", text, purlType)
		}
	}()
	notation := native(purlType, text)
	if purlType == "npm" {
		notation = npmNotation(text)
	}
	constraint, err := system.ParseConstraint(notation)
	if err != nil {
		return Range{}, ErrRangeInvalid.With("%q is no range of %s versions: %v", text, purlType, err)
	}
	return Range{purlType: purlType, native: constraint, text: text}, nil
}

// native spells a version as its ecosystem's own notation does. Ours of a Go module, which is that of advisories, has no "v"; Go knows none without it.
func native(purlType, version string) string {
	if purlType == "golang" && version != "" && '0' <= version[0] && version[0] <= '9' {
		return "v" + version
	}
	return version
}

// npmNotation spells what npm accepts and the library refuses another way: an empty alternative, which is any version, and 1.0.0 - x, which has no upper end.
func npmNotation(text string) string {
	alternatives := strings.Split(text, "||")
	for i, alternative := range alternatives {
		low, high, hyphen := strings.Cut(alternative, " - ")
		low = strings.TrimSpace(low)
		switch {
		case !hyphen && low == "", hyphen && isAnyVersion(low) && isAnyVersion(high):
			alternatives[i] = "*"
		case hyphen && low != "" && isAnyVersion(high):
			alternatives[i] = ">=" + low
		}
	}
	return strings.Join(alternatives, "||")
}

// isAnyVersion is true for *, x and x.x.
func isAnyVersion(text string) bool {
	text = strings.TrimSpace(text)
	return text != "" && strings.Trim(text, "xX*.") == ""
}

// constraint is a comparator with its version.
type constraint struct {
	comparator string // = != < <= > >=
	version    string
	key        Key
}

func (c constraint) upper() bool { return c.comparator == "<" || c.comparator == "<=" }
func (c constraint) lower() bool { return c.comparator == ">" || c.comparator == ">=" }
func (c constraint) bound() bool { return c.upper() || c.lower() }

// parseVers reads what follows "vers:", by the parsing rules of the VERS specification.
func parseVers(purlType, text, rest string) (Range, error) {
	invalid := func(format string, args ...any) error {
		return ErrRangeInvalid.With("%q: %s", text, fmt.Sprintf(format, args...))
	}
	scheme, list, ok := strings.Cut(rest, "/")
	switch {
	case !ok || scheme == "" || list == "":
		return Range{}, invalid("a range is written vers:type/constraints")
	case scheme != strings.ToLower(scheme):
		return Range{}, invalid("the versioning scheme is written in lower case")
	case scheme != purlType:
		return Range{}, invalid("the versioning scheme is %s and the package is of type %s", scheme, purlType)
	case strings.ContainsFunc(list, unicode.IsSpace):
		return Range{}, invalid("a range has no blanks")
	}
	r := Range{purlType: purlType, text: text}
	if list == "*" {
		r.all = true
		return r, nil
	}
	for part := range strings.SplitSeq(list, "|") {
		c, err := parseConstraint(purlType, part)
		if err != nil {
			return Range{}, invalid("%v", err)
		}
		r.constraints = append(r.constraints, c)
	}
	bounds := slices.DeleteFunc(slices.Clone(r.constraints), func(c constraint) bool { return !c.bound() })
	if !slices.IsSortedFunc(bounds, compare) {
		return Range{}, invalid("the constraints are not in the order of their versions")
	}
	slices.SortStableFunc(r.constraints, compare)
	return r, nil
}

// compare puts what has no order first, by its text: only equality looks at it.
func compare(a, b constraint) int {
	if order, ok := a.key.Compare(b.key); ok {
		return order
	}
	switch {
	case a.key.Known() == b.key.Known():
		return strings.Compare(a.version, b.version)
	case b.key.Known():
		return -1
	}
	return 1
}

func parseConstraint(purlType, part string) (constraint, error) {
	c := constraint{comparator: "="}
	for _, comparator := range []string{"!=", "<=", ">=", "<", ">", "="} {
		if rest, ok := strings.CutPrefix(part, comparator); ok {
			c.comparator, part = comparator, rest
			break
		}
	}
	version, err := url.PathUnescape(part)
	switch {
	case err != nil:
		return c, fmt.Errorf("the version %q is badly encoded", part)
	case version == "":
		return c, errors.New("a constraint has no version")
	case strings.ContainsAny(part, "<>=!*|"):
		return c, fmt.Errorf("the version %q has a character that is written with %% and two digits", part)
	}
	c.version, c.key = version, Parse(purlType, version)
	if c.bound() && !c.key.Known() {
		if !Ordered(purlType) {
			return c, fmt.Errorf("versions of %s packages have no order: only = and != compare them", purlType)
		}
		return c, fmt.Errorf("the version %q has no place in the order of %s versions", version, purlType)
	}
	return c, nil
}

// contains follows the containment algorithm of the VERS specification: what is named decides, then the bounds, taken in pairs.
func (r Range) contains(version string) bool {
	key := Parse(r.purlType, version)
	same := func(c constraint) bool {
		order, ok := key.Compare(c.key)
		return c.version == version || ok && order == 0
	}
	var bounds []constraint
	unequal := false
	for _, c := range r.constraints {
		switch {
		case c.comparator == "=" && same(c):
			return true
		case c.comparator == "!=" && same(c):
			return false
		case c.comparator == "!=":
			unequal = true
		case c.bound():
			bounds = append(bounds, c)
		}
	}
	if len(bounds) == 0 {
		// A range of exclusions alone holds everything else.
		return unequal && !slices.ContainsFunc(r.constraints, func(c constraint) bool { return c.comparator == "=" })
	}
	return key.Known() && within(simplify(bounds), key)
}

// simplify leaves lower and upper bounds in turns: of neighbours that bound the same side the wider one stays.
func simplify(bounds []constraint) []constraint {
	var list []constraint
	for _, c := range bounds {
		if n := len(list); n > 0 && list[n-1].lower() == c.lower() {
			if c.upper() {
				list[n-1] = c
			}
			continue
		}
		list = append(list, c)
	}
	return list
}

func within(bounds []constraint, key Key) bool {
	for i, c := range bounds {
		switch {
		case c.lower() && satisfies(key, c) && (i+1 == len(bounds) || satisfies(key, bounds[i+1])):
			return true
		case c.upper() && i == 0 && satisfies(key, c):
			return true
		}
	}
	return false
}

func satisfies(key Key, c constraint) bool {
	order, ok := key.Compare(c.key)
	if !ok {
		return false
	}
	switch c.comparator {
	case "<":
		return order < 0
	case "<=":
		return order <= 0
	case ">":
		return order > 0
	default:
		return order >= 0
	}
}
