package gitfixture_test

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"devtrail.dev/bench/gitfixture"
)

func TestTheSameProductHasTheSameCommits(t *testing.T) {
	heads := map[string]bool{}
	for _, name := range []string{"a", "b"} {
		dir := filepath.Join(t.TempDir(), name)
		require.NoError(t, gitfixture.Generate(t.Context(), dir, gitfixture.Product{Commits: 60, Seed: 3}))
		heads[gitOutput(t, dir, "rev-parse", "main")] = true
		require.Equal(t, "60", gitOutput(t, dir, "rev-list", "--count", "main"))
		require.NotEqual(t, "0", gitOutput(t, dir, "rev-list", "--count", "--merges", "main"))
	}
	require.Len(t, heads, 1)
}

func TestAFailureOfGitShowsInClose(t *testing.T) {
	w, err := gitfixture.New(t.Context(), t.TempDir(), gitfixture.Options{})
	require.NoError(t, err)
	w.Commit(gitfixture.Commit{Author: gitfixture.Person{Name: "A", Email: "a@example.org"}, Parents: []int{7}})
	require.ErrorContains(t, w.Close(), "fast-import")
}

func gitOutput(t *testing.T, dir string, args ...string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "git", append([]string{"-C", dir}, args...)...).Output()
	require.NoError(t, err)
	return strings.TrimSpace(string(out))
}
