package gitlog_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"devtrail.dev/bench/gitfixture"
	"devtrail.dev/cmd/devtrail/internal/gitlog"
	"devtrail.dev/kit/leaktest"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

var (
	ada   = gitfixture.Person{Name: "Ada", Email: "ada@example.org"}
	start = time.Date(2024, 5, 6, 7, 8, 9, 0, time.UTC)
)

func all(string) bool { return true }

// write makes a bare repository of some commits; where none names parents, each follows the one before.
func write(tb testing.TB, options gitfixture.Options, commits ...gitfixture.Commit) string {
	tb.Helper()
	dir := filepath.Join(tb.TempDir(), "p.git")
	w, err := gitfixture.New(tb.Context(), dir, options)
	require.NoError(tb, err)
	for n, c := range commits {
		if c.Parents == nil && n > 0 {
			c.Parents = []int{n}
		}
		if c.Author.Email == "" {
			c.Author = ada
		}
		if c.At.IsZero() {
			c.At = start.Add(time.Duration(n) * time.Hour)
		}
		w.Commit(c)
	}
	require.NoError(tb, w.Close())
	return dir
}

func open(tb testing.TB, dir string) *gitlog.Repository {
	tb.Helper()
	repo, err := gitlog.Open(tb.Context(), dir)
	require.NoError(tb, err)
	return repo
}

func commits(tb testing.TB, repo *gitlog.Repository, rng gitlog.Range) []gitlog.Commit {
	tb.Helper()
	var read []gitlog.Commit
	for commit, err := range repo.Commits(tb.Context(), rng, all) {
		require.NoError(tb, err)
		read = append(read, commit)
	}
	return read
}

func run(tb testing.TB, args ...string) string {
	tb.Helper()
	out, err := exec.CommandContext(tb.Context(), "git", args...).CombinedOutput()
	require.NoError(tb, err, "git %v: %s", args, out)
	return strings.TrimSpace(string(out))
}

func files(path, content string) map[string]gitfixture.Entry {
	return map[string]gitfixture.Entry{path: {Content: content}}
}

func TestACommitIsReadWhole(t *testing.T) {
	for _, format := range []string{"sha1", "sha256"} {
		t.Run(format, func(t *testing.T) {
			dir := write(t, gitfixture.Options{ObjectFormat: format}, gitfixture.Commit{
				Committer: gitfixture.Person{Name: "Bo", Email: "bo@example.org"}, CommittedAt: start.Add(time.Minute),
				Message: "First line\n\nBody: commit abc\n",
				Files:   map[string]gitfixture.Entry{"a": {Content: "1\n2\n"}, "b": {Content: "\x00\x01"}, "l": {Mode: "120000", Content: "a"}},
			})
			repo := open(t, dir)
			require.Equal(t, format, repo.ObjectFormat)
			read := commits(t, repo, gitlog.Range{Tip: "HEAD"})
			require.Len(t, read, 1)
			c := read[0]
			require.Equal(t, run(t, "-C", dir, "rev-parse", "HEAD"), c.ID)
			require.Equal(t, gitlog.Person{Name: "Ada", Email: "ada@example.org"}, c.Author)
			require.Equal(t, gitlog.Person{Name: "Bo", Email: "bo@example.org"}, c.Committer)
			require.Equal(t, start, c.AuthoredAt)
			require.Equal(t, start.Add(time.Minute), c.CommittedAt)
			require.Equal(t, "First line", c.Subject)
			require.Empty(t, c.Parents)
			require.Equal(t, [3]int{3, 3, 0}, [3]int{c.Files, c.Added, c.Removed}) // The link is one line.
			require.Equal(t, []gitlog.Change{
				{Path: "a", Old: []string{""}, New: run(t, "-C", dir, "rev-parse", "HEAD:a")},
				{Path: "b", Old: []string{""}, New: run(t, "-C", dir, "rev-parse", "HEAD:b")},
			}, c.Changes)
		})
	}
}

func TestOddPathsKeepTheirBytes(t *testing.T) {
	odd := []string{"two\nlines", "caf\xe9", "tab\tand \"quotes\"", ":100644 x", "commit abc", " "}
	changed := map[string]gitfixture.Entry{}
	for _, path := range odd {
		changed[path] = gitfixture.Entry{Content: path}
	}
	repo := open(t, write(t, gitfixture.Options{}, gitfixture.Commit{Files: changed}))
	var paths []string
	for _, change := range commits(t, repo, gitlog.Range{Tip: "HEAD"})[0].Changes {
		paths = append(paths, change.Path)
	}
	require.ElementsMatch(t, odd, paths)
	tree, err := repo.Files(t.Context(), "HEAD", all)
	require.NoError(t, err)
	require.Len(t, tree, len(odd))
	for _, path := range odd {
		for version, err := range repo.Versions(t.Context(), "HEAD", path) {
			require.NoError(t, err)
			require.Equal(t, path, version.Path)
		}
	}
}

func TestMessagesComeInUTF8AndPeopleAfterTheMailmap(t *testing.T) {
	repo := open(t, write(t, gitfixture.Options{},
		gitfixture.Commit{Message: "caf\xe9", Encoding: "ISO-8859-1", Author: gitfixture.Person{Name: "A.", Email: "ada@home.example"}},
		gitfixture.Commit{Message: "", Files: files(".mailmap", "Ada L <ada@example.org> <ada@home.example>\n")},
	))
	read := commits(t, repo, gitlog.Range{Tip: "HEAD"})
	require.Equal(t, "caf\u00e9", read[0].Subject)
	require.Equal(t, gitlog.Person{Name: "Ada L", Email: "ada@example.org"}, read[0].Author)
	require.Empty(t, read[1].Subject)
}

func TestEveryCommitComesAfterItsAncestors(t *testing.T) {
	repo := open(t, write(t, gitfixture.Options{},
		gitfixture.Commit{At: start.AddDate(9, 0, 0), Files: files("a", "1")}, gitfixture.Commit{Files: files("a", "2")},
		gitfixture.Commit{Parents: []int{1}, Branch: "side", Files: files("b", "1")}, gitfixture.Commit{Parents: []int{2, 3}},
		gitfixture.Commit{Files: files("a", "3")},
	))
	read := commits(t, repo, gitlog.Range{Tip: "main"})
	seen := map[string]bool{}
	for _, c := range read {
		for _, parent := range c.Parents {
			require.True(t, seen[parent])
		}
		seen[c.ID] = true
	}
	require.Len(t, read, 5)
	require.True(t, read[3].Merge())
	require.Empty(t, read[3].Changes)
	count, err := repo.Count(t.Context(), gitlog.Range{Tip: "main"})
	require.NoError(t, err)
	require.Equal(t, 5, count)
	require.Equal(t, read[4:], commits(t, repo, gitlog.Range{Tip: "main", After: read[3].ID}))
	require.Equal(t, read[3:4], commits(t, repo, gitlog.Range{Tip: read[3].ID, Only: true}))
}

func TestAMergeTellsWhatNoParentHas(t *testing.T) {
	dir := write(t, gitfixture.Options{},
		gitfixture.Commit{Files: map[string]gitfixture.Entry{"a": {Content: "1"}, "b": {Content: "1"}}},
		gitfixture.Commit{Files: files("a", "2")},
		gitfixture.Commit{Parents: []int{1}, Branch: "side", Files: files("b", "2")},
		gitfixture.Commit{Parents: []int{2, 3}, Files: map[string]gitfixture.Entry{"a": {Content: "3"}, "b": {Content: "2"}}},
		gitfixture.Commit{Parents: []int{4, 3}},
	)
	repo := open(t, dir)
	merges, err := repo.Merges(t.Context())
	require.NoError(t, err)
	defer merges.Close()
	evil := run(t, "-C", dir, "rev-parse", "main^")
	changes, err := merges.Read(evil, all)
	require.NoError(t, err)
	blob := func(name string) string { return run(t, "-C", dir, "rev-parse", name) }
	require.Equal(t, []gitlog.Change{{Path: "a", Old: []string{blob(evil + "^1:a"), blob(evil + "^2:a")}, New: blob(evil + ":a")}}, changes)
	changes, err = merges.Read(run(t, "-C", dir, "rev-parse", "main"), all)
	require.NoError(t, err)
	require.Empty(t, changes)
}

func TestBlobsAreReadAheadAndBounded(t *testing.T) {
	dir := write(t, gitfixture.Options{}, gitfixture.Commit{Files: map[string]gitfixture.Entry{
		"empty": {}, "large": {Content: strings.Repeat("x", 100)}, "small": {Content: "a\nb"},
	}})
	blobs, err := open(t, dir).Blobs(t.Context(), 50)
	require.NoError(t, err)
	defer blobs.Close()
	blob := func(name string) string { return run(t, "-C", dir, "rev-parse", "HEAD:"+name) }
	for _, id := range []string{blob("small"), blob("large"), strings.Repeat("1", 40), blob("empty")} {
		require.NoError(t, blobs.Ask(id))
	}
	content, err := blobs.Next()
	require.NoError(t, err)
	require.Equal(t, "a\nb", string(content))
	_, err = blobs.Next()
	require.ErrorIs(t, err, gitlog.ErrBlobTooLarge)
	_, err = blobs.Next()
	require.ErrorIs(t, err, gitlog.ErrBlobMissing)
	content, err = blobs.Next()
	require.NoError(t, err)
	require.Empty(t, content)
}

func TestRepositoriesOfAllKindsAreFound(t *testing.T) {
	bare := write(t, gitfixture.Options{Remote: "git@example.org:a/b.git"}, gitfixture.Commit{Files: files("sub/a", "1")})
	root := t.TempDir()
	tree := filepath.Join(root, "work tree")
	run(t, "clone", "--quiet", bare, tree)
	linked := filepath.Join(root, "linked")
	run(t, "-C", tree, "worktree", "add", "--quiet", linked)
	for path, name := range map[string]string{
		bare: "p", tree: "work tree", filepath.Join(tree, "sub"): "work tree", filepath.Join(tree, ".git"): "work tree", linked: "work tree",
	} {
		repo := open(t, path)
		require.Equal(t, name, repo.Name, path)
		require.Len(t, commits(t, repo, gitlog.Range{Tip: "HEAD"}), 1, path)
	}
	require.Equal(t, "git@example.org:a/b.git", open(t, bare).Remote(t.Context()))
}

func TestAShallowCloneSaysWhereItEnds(t *testing.T) {
	bare := write(t, gitfixture.Options{}, gitfixture.Commit{Files: files("a", "1")}, gitfixture.Commit{Files: files("a", "2")}, gitfixture.Commit{Files: files("a", "3")})
	require.Empty(t, open(t, bare).Shallow)
	shallow := filepath.Join(t.TempDir(), "shallow")
	run(t, "clone", "--quiet", "--depth=2", "file://"+bare, shallow)
	require.Equal(t, []string{run(t, "-C", bare, "rev-parse", "HEAD^")}, open(t, shallow).Shallow)
}

func TestWhatCannotBeReadIsSaidInOneSentence(t *testing.T) {
	ctx := t.Context()
	_, err := gitlog.Open(ctx, filepath.Join(t.TempDir(), "absent"))
	require.ErrorContains(t, err, "is no folder")
	_, err = gitlog.Open(ctx, t.TempDir())
	require.ErrorContains(t, err, "not a git repository")
	empty := t.TempDir()
	run(t, "init", "--quiet", empty)
	_, err = open(t, empty).Resolve(ctx, "HEAD")
	require.ErrorIs(t, err, gitlog.ErrEmpty)
	dir := write(t, gitfixture.Options{}, gitfixture.Commit{Files: files("a", "1")})
	_, err = open(t, dir).Resolve(ctx, "absent")
	require.EqualError(t, err, `read revision "absent": there is no such commit`)
	for _, err := range open(t, dir).Commits(ctx, gitlog.Range{Tip: strings.Repeat("1", 40)}, all) {
		require.ErrorContains(t, err, "git log: fatal: bad object")
	}
}

func TestTheEndOfAContextEndsGit(t *testing.T) {
	dir := write(t, gitfixture.Options{}, gitfixture.Commit{Files: files("a", "1")}, gitfixture.Commit{Files: files("a", "2")})
	ctx, cancel := context.WithCancel(t.Context())
	blobs, err := open(t, dir).Blobs(ctx, 10)
	require.NoError(t, err)
	defer blobs.Close()
	cancel()
	_, err = blobs.Next()
	require.ErrorIs(t, err, context.Canceled)
	for _, err = range open(t, dir).Commits(ctx, gitlog.Range{Tip: "HEAD"}, all) {
		require.ErrorIs(t, err, context.Canceled)
	}
}

func TestAUsersConfigurationChangesNothing(t *testing.T) {
	dir := write(t, gitfixture.Options{}, gitfixture.Commit{Files: files("sub/a", "1\n2\n3\n")},
		gitfixture.Commit{Files: map[string]gitfixture.Entry{"sub/a": {Removed: true}, "sub/b": {Content: "1\n2\n3\n"}}})
	versions := func() (changes []gitlog.Change) {
		for change, err := range open(t, dir).Versions(t.Context(), "HEAD", "sub/b") {
			require.NoError(t, err)
			changes = append(changes, change)
		}
		return changes
	}
	plain, plainVersions := commits(t, open(t, dir), gitlog.Range{Tip: "HEAD"}), versions()
	for _, setting := range []string{
		"log.showRoot=false", "diff.renames=copies", "log.decorate=full", "log.showSignature=true", "diff.orderFile=/dev/zero-not-there", "color.ui=always",
		"diff.noprefix=true", "log.diffMerges=first-parent", "diff.external=false", "core.abbrev=7", "i18n.logOutputEncoding=ISO-8859-1", "log.date=iso",
		"diff.statGraphWidth=5", "core.quotePath=true", "log.mailmap=false", "log.follow=true", "diff.relative=true",
	} {
		name, value, _ := strings.Cut(setting, "=")
		run(t, "-C", dir, "config", name, value)
	}
	t.Setenv("GIT_DIR", "/nowhere")
	t.Setenv("GIT_EXTERNAL_DIFF", "false")
	require.Equal(t, plain, commits(t, open(t, dir), gitlog.Range{Tip: "HEAD"}))
	require.Equal(t, plainVersions, versions())
}

// Counts of lines depend on how git looks for differences, and people on a mailmap, which may be the user's own.
func TestTheUsersTasteChangesNeitherCountsNorPeople(t *testing.T) {
	lines := func(letters string) string { return strings.Join(strings.Split(letters, ""), "\n") + "\n" }
	dir := write(t, gitfixture.Options{}, gitfixture.Commit{Files: files("a.lock", lines("bca{ddbaaadec}}abeecc}b}acba}{"))},
		gitfixture.Commit{Files: files("a.lock", lines("}c}cbbcc{}{}}ca}ec{debbbdca}}e"))})
	plain := commits(t, open(t, dir), gitlog.Range{Tip: "HEAD"})
	home := t.TempDir()
	for name, text := range map[string]string{"attributes": "*.lock -diff\n", "mailmap": "Eve <eve@example.org> <ada@example.org>\n"} {
		require.NoError(t, os.WriteFile(filepath.Join(home, name), []byte(text), 0o600))
	}
	for _, setting := range []string{
		"core.attributesFile=" + filepath.Join(home, "attributes"), "core.bigFileThreshold=10", "diff.algorithm=histogram", "mailmap.file=" + filepath.Join(home, "mailmap"),
	} {
		name, value, _ := strings.Cut(setting, "=")
		t.Run(name, func(t *testing.T) {
			run(t, "-C", dir, "config", name, value)
			require.Equal(t, plain, commits(t, open(t, dir), gitlog.Range{Tip: "HEAD"}))
			run(t, "-C", dir, "config", "--unset", name)
		})
	}
}

// Commits of broken tools may say so little of their people that git prints its own placeholders.
func TestAPersonThatCannotBeReadIsNobody(t *testing.T) {
	dir := write(t, gitfixture.Options{}, gitfixture.Commit{Files: files("a", "1")})
	broken := exec.CommandContext(t.Context(), "git", "-C", dir, "hash-object", "-t", "commit", "-w", "--literally", "--stdin")
	broken.Stdin = strings.NewReader("tree " + run(t, "-C", dir, "rev-parse", "HEAD^{tree}") + "\nauthor Ada 1700000000 +0000\ncommitter Bo bo@example.org\n\nSubject\n")
	id, err := broken.Output()
	require.NoError(t, err)
	read := commits(t, open(t, dir), gitlog.Range{Tip: strings.TrimSpace(string(id))})
	require.Len(t, read, 1)
	require.Equal(t, [2]gitlog.Person{}, [2]gitlog.Person{read[0].Author, read[0].Committer})
	require.Equal(t, "Subject", read[0].Subject)
}

func TestAPartialCloneIsToldFromABrokenRepository(t *testing.T) {
	whole := write(t, gitfixture.Options{}, gitfixture.Commit{Files: files("a", "1")}, gitfixture.Commit{Files: files("a", "2")})
	run(t, "-C", whole, "config", "uploadpack.allowFilter", "true")
	dir := filepath.Join(t.TempDir(), "partial.git")
	run(t, "clone", "--quiet", "--bare", "--filter=blob:none", "file://"+whole, dir)
	run(t, "-C", dir, "remote", "set-url", "origin", "file:///nowhere")
	var last error
	for _, err := range open(t, dir).Commits(t.Context(), gitlog.Range{Tip: "HEAD"}, all) {
		last = err
	}
	require.ErrorContains(t, last, "git fetch --refetch --no-filter")
	run(t, "-C", dir, "remote", "set-url", "origin", "file://"+whole)
	run(t, "-C", dir, "fetch", "--quiet", "--refetch", "--no-filter")
	require.Len(t, commits(t, open(t, dir), gitlog.Range{Tip: "HEAD"}), 2, "as it says")
}
