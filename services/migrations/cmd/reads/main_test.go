package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"devtrail.dev/services/migrations/internal/reads"
)

// A query that changed without its list would be protected by nobody.
func TestListsAreCurrent(t *testing.T) {
	for _, store := range stores {
		folder := filepath.Join("..", "..", "..", "..", filepath.FromSlash(store.folder))
		schema, err := reads.SchemaOf(store.files)
		require.NoError(t, err, store.folder)
		want, err := reads.List(os.DirFS(folder), schema)
		require.NoError(t, err, store.folder)
		got, err := os.ReadFile(filepath.Join(folder, "reads.txt"))
		require.NoError(t, err)
		require.Equal(t, want, string(got), "%s: reads.txt is stale; run tools/generate", store.folder)
	}
}
