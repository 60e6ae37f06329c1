package history

import (
	"slices"
	"strings"
	"sync"
)

// state is what one version of a file states: the numbers of its purls, ascending. Numbers make comparing two versions of
// a lock file of a thousand packages a matter of microseconds.
type state []int32

// purlTable numbers purls and the packages they are versions of. It is safe for concurrent use.
type purlTable struct {
	mu       sync.RWMutex
	numbers  map[string]int32
	purls    []purl
	packages map[string]int32
}

// purl is a numbered purl. Purls with the same pkg are versions of one package.
type purl struct {
	text    string // canonical, with version if there is one
	pkg     int32
	pkgText string // canonical, without version
	version string // as the purl has it; empty if none
}

func newPurlTable() *purlTable {
	return &purlTable{numbers: map[string]int32{}, packages: map[string]int32{}}
}

// state numbers the purls of a file.
func (t *purlTable) state(purls []string) state {
	numbers := make(state, 0, len(purls))
	var unknown []string
	t.mu.RLock()
	for _, text := range purls {
		if n, ok := t.numbers[text]; ok {
			numbers = append(numbers, n)
		} else {
			unknown = append(unknown, text)
		}
	}
	t.mu.RUnlock()
	if len(unknown) > 0 {
		t.mu.Lock()
		for _, text := range unknown {
			numbers = append(numbers, t.add(text))
		}
		t.mu.Unlock()
	}
	slices.Sort(numbers)
	return slices.Compact(numbers)
}

// add numbers a purl. The caller has the lock.
func (t *purlTable) add(text string) int32 {
	if n, ok := t.numbers[text]; ok {
		return n
	}
	// The text may be part of a whole file's; keep no more of it than we need.
	p := purl{text: strings.Clone(text)}
	p.pkgText = p.text
	// A canonical purl has no other "@" than the one before its version.
	if at := strings.LastIndexByte(p.text, '@'); at >= 0 {
		p.pkgText, p.version = p.text[:at], unescape(p.text[at+1:])
	}
	pkg, ok := t.packages[p.pkgText]
	if !ok {
		pkg = int32(len(t.packages))
		t.packages[p.pkgText] = pkg
	}
	p.pkg = pkg
	n := int32(len(t.purls))
	t.purls = append(t.purls, p)
	t.numbers[p.text] = n
	return n
}

// kind is what became of a package; its text is the event's name.
type kind string

const (
	added   kind = "package.added"
	removed kind = "package.removed"
	changed kind = "package.changed"
)

// packageChange is what a commit did to one package in one file.
type packageChange struct {
	kind kind
	// pkg is the canonical purl without version.
	pkg string
	// purls are those that the event names, ordered by text.
	purls []string
	// from and to are the versions before and after, ordered by text.
	from, to []string
}

// diff says what a file's new state changes against its state in each parent, ordered by package. A package counts if its
// versions differ from those in every parent.
func (t *purlTable) diff(before []state, after state) []packageChange {
	t.mu.RLock()
	defer t.mu.RUnlock()
	touched := t.differing(before[0], after)
	if len(touched) == 0 {
		return nil
	}
	now := t.versions(after, touched)
	past := make([]map[int32]state, len(before))
	for i, b := range before {
		past[i] = t.versions(b, touched)
	}
	var changes []packageChange
	for pkg := range touched {
		if change, ok := t.judge(pkg, past, now[pkg]); ok {
			changes = append(changes, change)
		}
	}
	slices.SortFunc(changes, func(a, b packageChange) int { return strings.Compare(a.pkg, b.pkg) })
	return changes
}

// judge compares one package's versions with those in each parent.
func (t *purlTable) judge(pkg int32, past []map[int32]state, now state) (packageChange, bool) {
	var union state
	for _, p := range past {
		then := p[pkg]
		if slices.Equal(then, now) {
			return packageChange{}, false
		}
		union = append(union, then...)
	}
	slices.Sort(union)
	union = slices.Compact(union)
	change := packageChange{kind: changed, from: t.versionTexts(union), to: t.versionTexts(now)}
	named := now
	switch {
	case len(union) == 0:
		change.kind = added
	case len(now) == 0: // And no parent had none, or it would be equal.
		change.kind = removed
		named = union
	default:
		named = subtract(now, union)
	}
	for _, n := range named {
		change.purls = append(change.purls, t.purls[n].text)
	}
	slices.Sort(change.purls)
	all := append(union, now...)
	change.pkg = t.purls[all[0]].pkgText
	if len(change.purls) == 0 {
		change.purls = []string{change.pkg}
	}
	return change, true
}

// differing returns the packages of all purls that only one of two states has.
func (t *purlTable) differing(a, b state) map[int32]struct{} {
	var packages map[int32]struct{}
	note := func(n int32) {
		if packages == nil {
			packages = map[int32]struct{}{}
		}
		packages[t.purls[n].pkg] = struct{}{}
	}
	for len(a) > 0 && len(b) > 0 {
		switch {
		case a[0] == b[0]:
			a, b = a[1:], b[1:]
		case a[0] < b[0]:
			note(a[0])
			a = a[1:]
		default:
			note(b[0])
			b = b[1:]
		}
	}
	for _, n := range a {
		note(n)
	}
	for _, n := range b {
		note(n)
	}
	return packages
}

// versions groups a state's purls by package, for some packages.
func (t *purlTable) versions(s state, of map[int32]struct{}) map[int32]state {
	groups := make(map[int32]state, len(of))
	for _, n := range s {
		pkg := t.purls[n].pkg
		if _, ok := of[pkg]; ok {
			groups[pkg] = append(groups[pkg], n)
		}
	}
	return groups
}

func (t *purlTable) versionTexts(s state) []string {
	texts := make([]string, 0, len(s))
	for _, n := range s {
		texts = append(texts, t.purls[n].version)
	}
	slices.Sort(texts)
	return texts
}

// subtract returns what a has and b has not. Both are ascending.
func subtract(a, b state) state {
	var rest state
	for _, n := range a {
		if _, found := slices.BinarySearch(b, n); !found {
			rest = append(rest, n)
		}
	}
	return rest
}
