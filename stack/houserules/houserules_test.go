package houserules

import (
	"path"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// open returns this repository.
func open(tb testing.TB) Tree {
	tb.Helper()
	tree, err := Open()
	require.NoError(tb, err)
	require.NotEmpty(tb, tree.Files)
	return tree
}

// files returns the paths whose last part matches the pattern.
func (t Tree) files(pattern string) []string {
	var matches []string
	for _, file := range t.Files {
		if ok, _ := path.Match(pattern, path.Base(file)); ok && !strings.Contains(file, "/testdata/") {
			matches = append(matches, file)
		}
	}
	return matches
}

func (t Tree) mustRead(tb testing.TB, path string) string {
	tb.Helper()
	text, err := t.Read(path)
	require.NoError(tb, err)
	return text
}
