package history_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"devtrail.dev/bench/gitfixture"
)

// paths are where random files lie, odd names among them.
var paths = []string{
	"a.lock", "b.lock", "sub/a.lock", "sub/d.deps", "e.deps", "new\nline.lock", "caf\xe9.lock", "blank and \"quote\".deps", "readme.txt",
}

// randomRepository writes a history with branches, merges of two and three parents, merges that have what no parent had, moves, symbolic links,
// unreadable versions and several roots.
func randomRepository(tb testing.TB, random *rand.Rand, commits int) string {
	tb.Helper()
	dir := filepath.Join(tb.TempDir(), "random.git")
	format := []string{"sha1", "sha256"}[random.IntN(2)]
	w, err := gitfixture.New(tb.Context(), dir, gitfixture.Options{ObjectFormat: format})
	require.NoError(tb, err)
	g := generator{random: random, trees: map[int]map[string]gitfixture.Entry{}}
	at := time.Unix(1_600_000_000, 0)
	for n := 1; n <= commits; n++ {
		c := gitfixture.Commit{Author: gitfixture.Person{Name: "Ada", Email: "ada@example.org"}, At: at, Message: fmt.Sprint("commit ", n)}
		// Equal and backward times must not matter.
		at = at.Add(time.Duration(random.IntN(5)-1) * time.Minute)
		switch {
		case n == commits: // Everything is reached from the last one.
			c.Parents = g.heads
		case n == 1 || random.IntN(20) == 0:
		default:
			c.Parents = g.pick(1 + []int{0, 0, 0, 1, 1, 2}[random.IntN(6)])
		}
		tree, changes := g.tree(c.Parents)
		c.Files = changes
		g.trees[w.Commit(c)] = tree
		g.heads = append(slices.DeleteFunc(g.heads, func(head int) bool { return slices.Contains(c.Parents, head) }), n)
	}
	require.NoError(tb, w.Close())
	return dir
}

type generator struct {
	random *rand.Rand
	trees  map[int]map[string]gitfixture.Entry
	heads  []int
}

// pick returns different commits, heads more often than others.
func (g *generator) pick(count int) []int {
	var picked []int
	for range count {
		one := g.heads[g.random.IntN(len(g.heads))]
		if g.random.IntN(4) == 0 {
			one = 1 + g.random.IntN(len(g.trees))
		}
		if !slices.Contains(picked, one) {
			picked = append(picked, one)
		}
	}
	return picked
}

// tree makes a commit's tree and what it changes against the first parent.
func (g *generator) tree(parents []int) (tree, changes map[string]gitfixture.Entry) {
	tree, changes = map[string]gitfixture.Entry{}, map[string]gitfixture.Entry{}
	if len(parents) > 0 {
		tree = maps.Clone(g.trees[parents[0]])
	}
	set := func(path string, e gitfixture.Entry) {
		if _, there := tree[path]; e.Removed && !there {
			return
		}
		changes[path] = e
		tree[path] = e
		if e.Removed {
			delete(tree, path)
		}
	}
	for _, parent := range parents[min(1, len(parents)):] {
		for _, path := range paths {
			if g.random.IntN(2) == 0 {
				e, there := g.trees[parent][path]
				e.Removed = !there
				set(path, e)
			}
		}
	}
	edits := g.random.IntN(4)
	if len(parents) > 1 {
		edits = g.random.IntN(2)
	}
	for range edits {
		path := paths[g.random.IntN(len(paths))]
		old, there := tree[path]
		switch g.random.IntN(8) {
		case 0:
			set(path, gitfixture.Entry{Removed: true})
		case 1:
			set(path, gitfixture.Entry{Mode: "120000", Content: "somewhere.lock"})
		case 2:
			if there {
				set(path, gitfixture.Entry{Removed: true})
				set(paths[g.random.IntN(len(paths))], old)
			}
		case 3:
			set(path, gitfixture.Entry{Content: fmt.Sprintf("<<<%d", g.random.IntN(3))})
		default:
			set(path, gitfixture.Entry{Mode: []string{"", "100755"}[g.random.IntN(2)], Content: g.content(path)})
		}
	}
	return tree, changes
}

func (g *generator) content(path string) string {
	separator := "\n"
	if strings.HasSuffix(path, ".deps") {
		separator = ";"
	}
	var b strings.Builder
	for pkg := range 5 {
		for version := range 3 {
			if g.random.IntN(4) == 0 {
				fmt.Fprintf(&b, "pkg:npm/p%d@%d%s", pkg, version, separator)
			}
		}
	}
	return b.String()
}
