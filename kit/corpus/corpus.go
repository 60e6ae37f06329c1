// Package corpus finds the reference data that may lie beside the repository, in ../shared/corpora. It is for tests:
// they hold their own cases and run these besides. Nothing on a request's path imports it.
package corpus

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

// Path returns the path of a file or folder of the corpora. Where it is absent the test is skipped: the data is not part
// of the repository. Everything else that goes wrong fails the test.
func Path(tb testing.TB, elem ...string) string {
	tb.Helper()
	root, err := repository()
	if err != nil {
		tb.Fatalf("corpus: %v", err)
	}
	path := filepath.Join(append([]string{root, "..", "shared", "corpora"}, elem...)...)
	switch _, err := os.Stat(path); {
	case errors.Is(err, fs.ErrNotExist):
		tb.Skipf("corpus: %s is not beside the repository", filepath.Join(append([]string{"../shared/corpora"}, elem...)...))
	case err != nil:
		tb.Fatalf("corpus: %v", err)
	}
	return path
}

// repository is the folder of go.work above the test.
func repository() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.work")); err == nil {
			return dir, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", errors.New("no go.work above the test")
		}
		dir = parent
	}
}
