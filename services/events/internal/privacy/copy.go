package privacy

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"devtrail.dev/services/events"
)

// copyName is the file in the folder of the log.
const copyName = "privacy.json"

// Beside has the keeper hold a copy of the rules in a folder, that of the log, so that a service which starts while its database is away knows them:
// when the rules cannot be read it takes those that it read or set last. What another instance was told meanwhile counts when the database is back.
// It must be called before Run.
func (k *Keeper) Beside(folder string) error {
	k.file = filepath.Join(folder, copyName)
	text, err := os.ReadFile(k.file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var list []events.Privacy
	if err := json.Unmarshal(text, &list); err != nil {
		return fmt.Errorf("%s: %w", k.file, err)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, p := range list {
		k.put(p)
	}
	k.spare, k.copied = true, string(text)
	return nil
}

// remember writes the copy when it says something else. It has the keys of the hashes, so nobody else may read it.
func (k *Keeper) remember() error {
	if k.file == "" {
		return nil
	}
	k.copying.Lock()
	defer k.copying.Unlock()
	k.mu.RLock()
	list := make([]events.Privacy, 0, len(k.all))
	for _, e := range k.all {
		list = append(list, e.privacy)
	}
	k.mu.RUnlock()
	slices.SortFunc(list, func(a, b events.Privacy) int { return bytes.Compare(a.Organization[:], b.Organization[:]) })
	text, err := json.Marshal(list)
	if err != nil || string(text) == k.copied {
		return err
	}
	if err := replace(k.file, text); err != nil {
		return err
	}
	k.copied = string(text)
	return nil
}

// replace writes a file whole or not at all; it is on the disk then.
func replace(path string, text []byte) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), copyName+".*") // mode 0600
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(f.Name())
		}
	}()
	_, err = f.Write(text)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err = os.Rename(f.Name(), path); err != nil {
		return err
	}
	folder, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}
