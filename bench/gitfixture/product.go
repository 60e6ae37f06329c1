package gitfixture

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Product says how large a history Generate makes. The zero value of a field means its usual size.
type Product struct {
	// Commits is the number of commits, merges included; usually 3200.
	Commits int
	// Seed chooses one of many histories of this size.
	Seed uint64
}

const (
	authors      = 40
	sources      = 320
	lockShare    = 7 // one commit in so many touches a lock file
	branchShare  = 5 // one commit in so many begins a branch
	longestStay  = 8 // commits of a branch
	usualCommits = 3200
)

// Generate makes the history of a product of several languages in an empty folder: some forty authors with more than one address and a mailmap, sources, lock
// files of five kinds with hundreds of packages, branches and merges, and packs it as a clone would be.
func Generate(ctx context.Context, dir string, p Product) error {
	if p.Commits == 0 {
		p.Commits = usualCommits
	}
	w, err := New(ctx, dir, Options{Remote: "https://git.example.org/acme/product.git"})
	if err != nil {
		return err
	}
	g := &product{
		random: rand.New(rand.NewPCG(p.Seed, 20)), //nolint:gosec // a fixture is no secret
		writer: w, left: p.Commits, at: time.Date(2019, 3, 4, 9, 0, 0, 0, time.UTC),
	}
	g.run()
	if err := w.Close(); err != nil {
		return err
	}
	err = git(ctx, dir, "-C", dir, "gc", "--quiet")
	return err
}

// product is a history in the making.
type product struct {
	random *rand.Rand
	writer *Writer
	left   int
	at     time.Time
	main   world
}

// edit is a change that can be made to any state of the product; it returns the path that it changed.
type edit func(w *world) string

func (g *product) run() {
	g.main = newWorld(g.random)
	files := map[string]Entry{".mailmap": {Content: mailmap()}}
	for path, content := range g.main.files() {
		files[path] = Entry{Content: content}
	}
	g.commit(Commit{Message: "Begin", Files: files})
	for g.left > 0 {
		if g.left > 2 && g.random.IntN(branchShare) == 0 {
			g.branch()
			continue
		}
		g.change(&g.main, "main", g.writer.Last("main"), g.edits())
	}
}

// branch makes a few commits on a branch while main goes on, and merges it.
func (g *product) branch() {
	side, last := g.main.clone(), g.writer.Last("main")
	var all []edit
	for range min(1+g.random.IntN(longestStay), g.left-2) {
		edits := g.edits()
		all = append(all, edits...)
		last = g.change(&side, "topic", last, edits)
		if g.random.IntN(2) == 0 && g.left > 2 {
			g.change(&g.main, "main", g.writer.Last("main"), g.edits())
		}
	}
	// A merge applies what the branch did to what main is by now, so a lock file that both changed differs from both.
	files := g.main.apply(all)
	g.commit(Commit{Parents: []int{g.writer.Last("main"), last}, Message: "Merge branch 'topic'", Files: files})
}

func (g *product) change(w *world, branch string, parent int, edits []edit) int {
	return g.commit(Commit{Branch: branch, Parents: []int{parent}, Message: g.message(), Files: w.apply(edits)})
}

func (g *product) commit(c Commit) int {
	g.left--
	g.at = g.at.Add(time.Duration(5+g.random.IntN(900)) * time.Minute)
	// Few people make most of the commits.
	n := int(float64(authors) * g.random.Float64() * g.random.Float64())
	c.Author = Person{Name: name(n), Email: address(n, g.random.IntN(3) == 0)}
	c.At = g.at
	return g.writer.Commit(c)
}

func (g *product) message() string {
	var b strings.Builder
	b.WriteString(phrase(g.random, 4+g.random.IntN(5)))
	for range g.random.IntN(4) {
		b.WriteString("\n\n" + phrase(g.random, 20+g.random.IntN(40)))
	}
	return b.String() + "\n"
}

// edits are those of one commit.
func (g *product) edits() []edit {
	var edits []edit
	for range 1 + g.random.IntN(6) {
		edits = append(edits, editSource(g.random))
	}
	if g.random.IntN(lockShare) == 0 {
		edits = append(edits, editLock(g.random))
	}
	return edits
}

// world is a state of the product's files.
type world struct {
	locks   map[string]lock
	sources map[string][]string
}

func newWorld(random *rand.Rand) world {
	w := world{locks: newLocks(random), sources: map[string][]string{}}
	for n := range sources {
		lines := make([]string, 40+random.IntN(400))
		for i := range lines {
			lines[i] = code(random)
		}
		w.sources[sourcePath(n)] = lines
	}
	return w
}

func (w world) clone() world {
	return world{locks: maps.Clone(w.locks), sources: maps.Clone(w.sources)}
}

func (w world) files() map[string]string {
	files := map[string]string{}
	for path := range w.sources {
		files[path] = w.content(path)
	}
	for path := range w.locks {
		files[path] = w.content(path)
	}
	return files
}

func (w world) content(path string) string {
	if l, ok := w.locks[path]; ok {
		return l.text()
	}
	return strings.Join(w.sources[path], "\n") + "\n"
}

// apply makes edits and returns the new contents of what they changed.
func (w *world) apply(edits []edit) map[string]Entry {
	files := map[string]Entry{}
	for _, e := range edits {
		files[e(w)] = Entry{}
	}
	for path := range files {
		files[path] = Entry{Content: w.content(path)}
	}
	return files
}

func editSource(random *rand.Rand) edit {
	path := sourcePath(random.IntN(sources))
	at, gone := random.Float64(), random.IntN(6)
	fresh := make([]string, random.IntN(12))
	for i := range fresh {
		fresh[i] = code(random)
	}
	return func(w *world) string {
		lines := w.sources[path]
		from := int(at * float64(len(lines)))
		to := min(from+gone, len(lines))
		// Earlier states share the lines, so they are copied.
		w.sources[path] = slices.Concat(lines[:from], fresh, lines[to:])
		return path
	}
}

func sourcePath(n int) string {
	return fmt.Sprintf("%s/%s/%s_%d.go", []string{"api", "billing", "web", "worker"}[n%4], words[n%len(words)], words[(n*7)%len(words)], n)
}

func name(n int) string {
	return "Author " + strings.ToUpper(words[n%len(words)][:1]) + strconv.Itoa(n)
}

func address(n int, old bool) string {
	if old {
		return fmt.Sprintf("a%d@home.example.net", n)
	}
	return fmt.Sprintf("author%d@acme.example.org", n)
}

// mailmap gives every author one address, as well-kept projects do.
func mailmap() string {
	var b strings.Builder
	for n := range authors {
		fmt.Fprintf(&b, "%s <%s> <%s>\n", name(n), address(n, false), address(n, true))
	}
	return b.String()
}
