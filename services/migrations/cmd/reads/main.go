// Command reads writes the lists of the columns that the Postgres SQL of each service uses, from which the services' leases are made. tools/generate runs
// it from the root of the repository; nobody runs it in an installation.
package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	eventsmigrations "devtrail.dev/services/events/migrations"
	identitymigrations "devtrail.dev/services/identity/migrations"
	"devtrail.dev/services/migrations/internal/reads"
	packagesmigrations "devtrail.dev/services/packages/migrations"
)

// stores are the folders with the SQL of the services, and the files that make their schemas.
var stores = []struct {
	folder string
	files  fs.FS
}{
	{"services/events/internal/postgres", eventsmigrations.Postgres()},
	{"services/identity/internal/postgres", identitymigrations.FS},
	{"services/packages/internal/postgres", packagesmigrations.FS},
}

func main() {
	if err := run("."); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run writes all lists below the root of the repository.
func run(root string) error {
	for _, store := range stores {
		schema, err := reads.SchemaOf(store.files)
		if err != nil {
			return fmt.Errorf("%s: %w", store.folder, err)
		}
		folder := filepath.Join(root, filepath.FromSlash(store.folder))
		list, err := reads.List(os.DirFS(folder), schema)
		if err != nil {
			return fmt.Errorf("%s: %w", store.folder, err)
		}
		if err := os.WriteFile(filepath.Join(folder, "reads.txt"), []byte(list), 0o644); err != nil {
			return err
		}
	}
	return nil
}
