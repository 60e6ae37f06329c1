package history_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"devtrail.dev/cmd/devtrail/internal/gitlog"
	"devtrail.dev/cmd/devtrail/internal/history"
	"devtrail.dev/kit/git"
	"devtrail.dev/kit/leaktest"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

// walk reads a whole history.
func walk(tb testing.TB, dir string) []history.Commit {
	tb.Helper()
	repo, err := gitlog.Open(tb.Context(), dir)
	require.NoError(tb, err)
	tip, err := repo.Resolve(tb.Context(), "HEAD")
	require.NoError(tb, err)
	var commits []history.Commit
	options := history.Options{Project: "example.org/p", Range: gitlog.Range{Tip: tip}, Formats: lists{}, Workers: 2}
	for commit, err := range history.Walk(tb.Context(), repo, options) {
		require.NoError(tb, err)
		commits = append(commits, commit)
	}
	return commits
}

// touches returns the package events in the oracle's words.
func touches(tb testing.TB, commits []history.Commit) []touch {
	tb.Helper()
	var all []touch
	for _, commit := range commits {
		for _, event := range commit.Events[1:] {
			var p struct {
				Commit, Path string
				From, To     []string
			}
			require.NoError(tb, json.Unmarshal([]byte(event.GetPropertiesJson()), &p))
			all = append(all, touch{
				p.Commit, event.GetName(), p.Path, strings.Join(event.GetPackages(), " "), strings.Join(p.From, " "), strings.Join(p.To, " "),
			})
		}
	}
	return sortTouches(all)
}

// quoted is how events name the odd paths.
var quoted = strings.NewReplacer("new\nline.lock", `"new\nline.lock"`, "caf\xe9.lock", `"caf\351.lock"`)

func TestPackageEventsAreThoseOfAnIndependentReading(t *testing.T) {
	for seed := range uint64(12) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			dir := randomRepository(t, rand.New(rand.NewPCG(seed, 1)), 45)
			want := newOracle(t, dir).touches()
			for i := range want {
				want[i].path = quoted.Replace(want[i].path)
			}
			commits := walk(t, dir)
			require.Empty(t, cmp.Diff(sortTouches(want), touches(t, commits), cmp.AllowUnexported(touch{})))
			ids := map[string]bool{}
			for _, commit := range commits {
				require.Equal(t, git.CommitAuthored, commit.Events[0].GetName())
				for _, event := range commit.Events {
					require.False(t, ids[event.GetId()], "id twice")
					ids[event.GetId()] = true
				}
			}
			require.Len(t, commits, 45)
		})
	}
}

func TestTwoWalksAgree(t *testing.T) {
	dir := randomRepository(t, rand.New(rand.NewPCG(7, 7)), 80)
	first, second := walk(t, dir), walk(t, dir)
	require.Equal(t, fmt.Sprint(first), fmt.Sprint(second))
}

func TestLeavingOrCancellingStopsEverything(t *testing.T) {
	dir := randomRepository(t, rand.New(rand.NewPCG(3, 3)), 60)
	repo, err := gitlog.Open(t.Context(), dir)
	require.NoError(t, err)
	tip, err := repo.Resolve(t.Context(), "HEAD")
	require.NoError(t, err)
	options := history.Options{Range: gitlog.Range{Tip: tip}, Formats: lists{}, Workers: 2}
	for range history.Walk(t.Context(), repo, options) {
		break
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var last error
	for _, err := range history.Walk(ctx, repo, options) {
		cancel()
		last = err
	}
	require.ErrorIs(t, last, context.Canceled)
}

func TestUnreadableVersionsAreReported(t *testing.T) {
	dir := randomRepository(t, rand.New(rand.NewPCG(5, 5)), 60)
	var unreadable []history.Unreadable
	for _, commit := range walk(t, dir) {
		unreadable = append(unreadable, commit.Unreadable...)
	}
	require.NotEmpty(t, unreadable)
	require.False(t, slices.ContainsFunc(unreadable, func(u history.Unreadable) bool { return u.Err.Error() != "conflict markers" }))
}
