package engines

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// hydrateSymlinks makes the symbolic links of the Postgres package's shared
// libraries. npm archives hold no links, so the package lists them in
// native/pg-symlinks.json for an install script, which we do not run.
func hydrateSymlinks(pkgDir string) error {
	data, err := os.ReadFile(filepath.Join(pkgDir, "native", "pg-symlinks.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil // a platform whose libraries need no links
	}
	if err != nil {
		return fmt.Errorf("read the list of links: %w", err)
	}
	var links []struct {
		Source string `json:"source"`
		Target string `json:"target"`
	}
	if err := json.Unmarshal(data, &links); err != nil {
		return fmt.Errorf("read the list of links: %w", err)
	}
	for _, l := range links {
		if !filepath.IsLocal(l.Source) || !filepath.IsLocal(l.Target) {
			return fmt.Errorf("link %q -> %q leaves the package", l.Target, l.Source)
		}
		target := filepath.Join(pkgDir, l.Target)
		source, err := filepath.Rel(filepath.Dir(target), filepath.Join(pkgDir, l.Source))
		if err != nil {
			return err
		}
		if err := os.Remove(target); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		if err := os.Symlink(source, target); err != nil {
			return err
		}
	}
	return nil
}
