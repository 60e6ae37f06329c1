package engines

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// EnvCacheDir names the environment variable that moves the cache folder.
const EnvCacheDir = "DEVTRAIL_CACHE_DIR"

// rootCacheDir is used by root, whose own cache usually stands below a closed
// home folder that the unprivileged Postgres user cannot enter.
const rootCacheDir = "/var/cache/devtrail/engines"

// CacheDir returns the folder that holds the fetched engines: the value of
// DEVTRAIL_CACHE_DIR; for root /var/cache/devtrail/engines; otherwise
// devtrail/engines below the user's cache folder. It does not create it.
func CacheDir() (string, error) {
	if dir := os.Getenv(EnvCacheDir); dir != "" {
		abs, err := filepath.Abs(dir)
		if err != nil {
			return "", fmt.Errorf("%s %q: %w", EnvCacheDir, dir, err)
		}
		return abs, nil
	}
	if os.Geteuid() == 0 {
		return rootCacheDir, nil
	}
	base, err := os.UserCacheDir()
	if err != nil {
		return "", errors.New("no cache folder: set HOME, or DEVTRAIL_CACHE_DIR to a folder for the database engines")
	}
	return filepath.Join(base, "devtrail", "engines"), nil
}
