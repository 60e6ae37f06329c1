package engines

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// withPrefix lists the files and folders whose paths begin with prefix, in
// their folder alone. A pattern would misread folders with [ or * in their
// names.
func withPrefix(prefix string) ([]string, error) {
	dir, begin := filepath.Split(prefix)
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var paths []string
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), begin) {
			paths = append(paths, filepath.Join(dir, e.Name()))
		}
	}
	return paths, nil
}

// removeWithPrefix removes what withPrefix lists.
func removeWithPrefix(prefix string) error {
	paths, err := withPrefix(prefix)
	if err != nil {
		return err
	}
	var all error
	for _, path := range paths {
		all = errors.Join(all, os.RemoveAll(path))
	}
	return all
}
