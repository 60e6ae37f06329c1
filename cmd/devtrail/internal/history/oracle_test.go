package history_test

import (
	"cmp"
	"fmt"
	"maps"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// touch is a package event in the oracle's words.
type touch struct{ commit, kind, path, purls, from, to string }

// oracle tells the package events of a repository in the plainest way: whole trees, sets, one commit at a time.
type oracle struct {
	tb      testing.TB
	dir     string
	trees   map[string]map[string]string // commit, path -> blob
	parents map[string][]string
	blobs   map[string]string
}

func newOracle(tb testing.TB, dir string) *oracle {
	tb.Helper()
	o := &oracle{tb: tb, dir: dir, trees: map[string]map[string]string{}, parents: map[string][]string{}, blobs: map[string]string{}}
	for line := range strings.Lines(o.git("rev-list", "--parents", "HEAD")) {
		ids := strings.Fields(line)
		o.parents[ids[0]] = ids[1:]
		o.trees[ids[0]] = o.tree(ids[0])
	}
	return o
}

func (o *oracle) git(args ...string) string {
	o.tb.Helper()
	out, err := exec.CommandContext(o.tb.Context(), "git", append([]string{"-C", o.dir}, args...)...).Output()
	require.NoError(o.tb, err, "git %v", args)
	return string(out)
}

func (o *oracle) tree(commit string) map[string]string {
	tree := map[string]string{}
	for entry := range strings.SplitSeq(o.git("ls-tree", "-r", "-z", commit), "\x00") {
		info, path, ok := strings.Cut(entry, "\t")
		if _, known := (lists{}).Detect(path); !ok || !known || !strings.HasPrefix(info, "100") {
			continue
		}
		blob := strings.Fields(info)[2]
		tree[path] = blob
		if _, ok := o.blobs[blob]; !ok {
			o.blobs[blob] = o.git("cat-file", "blob", blob)
		}
	}
	return tree
}

// good is the last good content of a file: package -> its versions.
func (o *oracle) good(commit, path string) map[string]map[string]bool {
	packages := map[string]map[string]bool{}
	blob, ok := o.trees[commit][path]
	if !ok {
		return packages
	}
	purls, err := (lists{}).Extract(o.tb.Context(), path, []byte(o.blobs[blob]))
	if err != nil {
		if len(o.parents[commit]) == 0 {
			return packages
		}
		return o.good(o.parents[commit][0], path)
	}
	for _, purl := range purls {
		name, version, _ := strings.Cut(purl, "@")
		if packages[name] == nil {
			packages[name] = map[string]bool{}
		}
		packages[name][version] = true
	}
	return packages
}

func (o *oracle) readable(commit, path string) bool {
	blob, ok := o.trees[commit][path]
	if !ok {
		return true
	}
	_, err := (lists{}).Extract(o.tb.Context(), path, []byte(o.blobs[blob]))
	return err == nil
}

// touches tells the events of all commits.
func (o *oracle) touches() []touch {
	var all []touch
	for commit := range o.trees {
		for _, path := range o.changed(commit) {
			if o.readable(commit, path) {
				all = append(all, o.file(commit, path)...)
			}
		}
	}
	return sortTouches(all)
}

// changed lists the paths that differ from every parent, pure moves left out.
func (o *oracle) changed(commit string) []string {
	parents := o.parents[commit]
	trees := []map[string]string{o.trees[commit]}
	if len(parents) == 0 {
		trees = append(trees, map[string]string{})
	}
	for _, parent := range parents {
		trees = append(trees, o.trees[parent])
	}
	paths := map[string]bool{}
	for _, tree := range trees {
		for path := range tree {
			paths[path] = true
		}
	}
	var changed, gone, come []string
	for _, path := range slices.Sorted(maps.Keys(paths)) {
		now := trees[0][path]
		if slices.ContainsFunc(trees[1:], func(tree map[string]string) bool { return tree[path] == now }) {
			continue
		}
		changed = append(changed, path)
		one := !slices.ContainsFunc(trees[1:], func(tree map[string]string) bool { return tree[path] != trees[1][path] })
		switch {
		case now == "" && one:
			gone = append(gone, path)
		case one && trees[1][path] == "":
			come = append(come, path)
		}
	}
	for _, to := range come {
		for i, from := range gone {
			f, _ := (lists{}).Detect(from)
			t, _ := (lists{}).Detect(to)
			if f == t && trees[1][from] == trees[0][to] {
				changed = slices.DeleteFunc(changed, func(path string) bool { return path == from || path == to })
				gone = slices.Delete(gone, i, i+1)
				break
			}
		}
	}
	return changed
}

func (o *oracle) file(commit, path string) []touch {
	now := o.good(commit, path)
	var before []map[string]map[string]bool
	for _, parent := range o.parents[commit] {
		before = append(before, o.good(parent, path))
	}
	if len(before) == 0 {
		before = append(before, nil)
	}
	names := map[string]bool{}
	for _, packages := range append(before, now) {
		for name := range packages {
			names[name] = true
		}
	}
	var touches []touch
	for name := range names {
		from := map[string]bool{}
		taken := false
		for _, packages := range before {
			maps.Copy(from, packages[name])
			taken = taken || maps.Equal(packages[name], now[name])
		}
		if taken {
			continue
		}
		t := touch{commit: commit, path: path, from: join("", from), to: join("", now[name])}
		fresh := maps.Clone(now[name])
		maps.DeleteFunc(fresh, func(version string, _ bool) bool { return from[version] })
		switch {
		case len(from) == 0:
			t.kind, t.purls = "package.added", join(name+"@", now[name])
		case len(now[name]) == 0:
			t.kind, t.purls = "package.removed", join(name+"@", from)
		case len(fresh) == 0:
			t.kind, t.purls = "package.changed", name
		default:
			t.kind, t.purls = "package.changed", join(name+"@", fresh)
		}
		touches = append(touches, t)
	}
	return touches
}

func join(prefix string, set map[string]bool) string {
	var parts []string
	for _, version := range slices.Sorted(maps.Keys(set)) {
		parts = append(parts, prefix+version)
	}
	return strings.Join(parts, " ")
}

func sortTouches(all []touch) []touch {
	slices.SortFunc(all, func(a, b touch) int { return cmp.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
	return all
}
