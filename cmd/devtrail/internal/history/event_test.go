package history_test

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	"devtrail.dev/bench/gitfixture"
	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
	identityv1 "devtrail.dev/proto/gen/devtrail/identity/v1"
)

var start = time.Date(2024, 5, 6, 7, 8, 9, 0, time.UTC)

// write makes a bare repository of commits that follow one another.
func write(tb testing.TB, commits ...gitfixture.Commit) string {
	tb.Helper()
	dir := filepath.Join(tb.TempDir(), "p.git")
	w, err := gitfixture.New(tb.Context(), dir, gitfixture.Options{})
	require.NoError(tb, err)
	for n, c := range commits {
		if c.Parents == nil && n > 0 {
			c.Parents = []int{n}
		}
		if c.Author.Name == "" {
			c.Author = gitfixture.Person{Name: "Ada", Email: "ada@example.org"}
		}
		if c.At.IsZero() {
			c.At = start.Add(time.Duration(n) * time.Hour)
		}
		w.Commit(c)
	}
	require.NoError(tb, w.Close())
	return dir
}

func file(path, content string) map[string]gitfixture.Entry {
	return map[string]gitfixture.Entry{path: {Content: content}}
}

func TestEventsOfACommit(t *testing.T) {
	dir := write(t, gitfixture.Commit{
		Committer: gitfixture.Person{Name: "Bo", Email: "bo@example.org"}, CommittedAt: start.Add(time.Hour),
		Message: "Use <a> & \"b\"\n\nmore", Files: file("a.lock", "pkg:npm/a@1\n"),
	})
	got := walk(t, dir)
	require.Len(t, got, 1)
	// Ids are what two importers must agree on, for ever, so they are written down here. They were derived by another program.
	commit := got[0].ID
	want := []*eventsv1.Event{
		{
			Id: "d4bdf209-fc22-52eb-bc6e-a566322fbb31", Name: "commit.authored",
			PropertiesJson: `{"added":1,"commit":"` + commit + `","committed_at":"2024-05-06T08:08:09Z","committer_email":"bo@example.org",` +
				`"committer_name":"Bo","files":1,"is_merge":false,"parents":0,"removed":0,"subject":"Use <a> & \"b\""}`,
		},
		{
			Id: "0f6ca0ea-1aa2-503c-8a16-6dcd1f862e49", Name: "package.added", Packages: []string{"pkg:npm/a@1"},
			PropertiesJson: `{"commit":"` + commit + `","from":[],"path":"a.lock","to":["1"]}`,
		},
	}
	for i := range want {
		want[i].OccurredAt = timestamppb.New(start)
		want[i].Actor = &identityv1.Identity{Kind: identityv1.IdentityKind_IDENTITY_KIND_GIT_EMAIL, Value: "ada@example.org"}
		want[i].ActorName = "Ada"
		want[i].Source = &eventsv1.Source{Kind: eventsv1.SourceKind_SOURCE_KIND_GIT, Tool: "git"}
		want[i].Project = "example.org/p"
	}
	require.Empty(t, cmp.Diff(want, got[0].Events, protocmp.Transform()))
}

func TestAnEventTakesWhatTheContractAllows(t *testing.T) {
	many := make([]string, 230)
	for i := range many {
		many[i] = fmt.Sprintf("pkg:npm/a@%03d", i)
	}
	got := walk(t, write(t,
		gitfixture.Commit{At: time.Unix(9_999_999_999, 0), CommittedAt: start, Author: gitfixture.Person{Name: "caf\xe9 \x07", Email: ""}},
		gitfixture.Commit{At: time.Unix(9_999_999_998, 0), Author: gitfixture.Person{Name: "B", Email: strings.Repeat("x", 321)}},
		gitfixture.Commit{Message: strings.Repeat("long ", 200), Files: file("a.lock", strings.Join(many, "\n"))},
	))
	first := got[0].Events[0]
	require.Equal(t, start, first.GetOccurredAt().AsTime())
	require.Nil(t, first.GetActor())
	require.Equal(t, "caf\ufffd", first.GetActorName())
	require.Equal(t, time.Unix(0, 0).UTC(), got[1].Events[0].GetOccurredAt().AsTime())
	require.Nil(t, got[1].Events[0].GetActor())
	var packages []string
	for i, event := range got[2].Events[1:] {
		packages = append(packages, event.GetPackages()...)
		require.Contains(t, event.GetPropertiesJson(), fmt.Sprintf(`"part":%d,`, i+1))
	}
	require.Len(t, got[2].Events, 4)
	require.Equal(t, many, packages)
}

func TestMovesWithoutAChangeAreSilent(t *testing.T) {
	gone := gitfixture.Entry{Removed: true}
	got := touches(t, walk(t, write(t,
		gitfixture.Commit{Files: file("a.lock", "pkg:npm/a@1")},
		gitfixture.Commit{Files: map[string]gitfixture.Entry{"a.lock": gone, "sub/A.lock": {Content: "pkg:npm/a@1"}}},
		gitfixture.Commit{Files: map[string]gitfixture.Entry{"sub/A.lock": gone, "c.lock": {Content: "pkg:npm/a@2"}}},
		gitfixture.Commit{Files: file("d.lock", "pkg:npm/a@2")},
	)))
	var kinds []string
	for _, touch := range got {
		kinds = append(kinds, touch.kind+" "+touch.path)
	}
	require.ElementsMatch(t, []string{
		"package.added a.lock", "package.removed sub/A.lock", "package.added c.lock", "package.added d.lock",
	}, kinds)
}

func TestSubmodulesAndLinksAreNoFiles(t *testing.T) {
	got := touches(t, walk(t, write(t,
		gitfixture.Commit{Files: map[string]gitfixture.Entry{
			"m.lock": {Mode: "160000", Object: strings.Repeat("1", 40)}, "l.lock": {Mode: "120000", Content: "pkg:npm/a@1"},
		}},
		gitfixture.Commit{Files: file("l.lock", "pkg:npm/a@1")},
		gitfixture.Commit{Files: map[string]gitfixture.Entry{"l.lock": {Mode: "100755", Content: "pkg:npm/a@1"}}},
	)))
	require.Len(t, got, 1)
	require.Equal(t, "package.added", got[0].kind)
}

func TestABadVersionIsLeftOutOfTheComparison(t *testing.T) {
	commits := walk(t, write(t,
		gitfixture.Commit{Files: file("a.lock", "pkg:npm/a@1")},
		gitfixture.Commit{Files: file("a.lock", "<<< one")},
		gitfixture.Commit{Files: file("a.lock", "<<< two")},
		gitfixture.Commit{Files: file("a.lock", "pkg:npm/a@2")},
		gitfixture.Commit{Files: file("a.lock", "<<< three")},
		gitfixture.Commit{Files: map[string]gitfixture.Entry{"a.lock": {Removed: true}}},
	))
	var got []string
	for _, touch := range touches(t, commits) {
		got = append(got, touch.kind+" "+touch.purls+" from "+touch.from)
	}
	require.ElementsMatch(t, []string{
		"package.added pkg:npm/a@1 from ", "package.changed pkg:npm/a@2 from 1", "package.removed pkg:npm/a@2 from 2",
	}, got)
	require.Len(t, commits[1].Unreadable, 1)
	require.Equal(t, "a.lock", commits[1].Unreadable[0].Path)
}

func TestTheBoundaryOfAShallowCloneIsLeftOut(t *testing.T) {
	bare := write(t,
		gitfixture.Commit{Files: file("a.lock", "pkg:npm/a@1")}, gitfixture.Commit{Files: file("a.lock", "pkg:npm/a@2")},
		gitfixture.Commit{Files: file("a.lock", "pkg:npm/a@3")},
	)
	shallow := filepath.Join(t.TempDir(), "shallow")
	out, err := exec.CommandContext(t.Context(), "git", "clone", "--quiet", "--depth=2", "file://"+bare, shallow).CombinedOutput()
	require.NoError(t, err, "%s", out)
	whole, part := walk(t, bare), walk(t, shallow)
	require.Len(t, part, 2)
	require.Empty(t, part[0].Events)
	require.Empty(t, cmp.Diff(whole[2].Events, part[1].Events, protocmp.Transform()))
}
