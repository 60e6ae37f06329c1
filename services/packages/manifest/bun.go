package manifest

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/tidwall/jsonc"
)

// bunLock is the part of a bun.lock that names packages: tuples whose first member is name@version.
type bunLock struct {
	Packages map[string][]json.RawMessage `json:"packages"`
}

func readBunLock(_ context.Context, content []byte) ([]entry, error) {
	var lock *bunLock
	if err := json.Unmarshal(jsonc.ToJSON(content), &lock); err != nil {
		return nil, err
	}
	if lock == nil {
		return nil, errNull
	}
	entries := make([]entry, 0, len(lock.Packages))
	for _, tuple := range lock.Packages {
		var text string
		if len(tuple) == 0 || json.Unmarshal(tuple[0], &text) != nil {
			// A package that says nothing of itself.
			entries = append(entries, entry{})
			continue
		}
		name, version := splitSpecifier(text)
		if isLocalReference(version) || isLocalOfBun(version) {
			entries = append(entries, entry{})
			continue
		}
		// github:owner/name#commit and git+ssh://host/owner/name#commit
		if _, _, ok := gitSource(version); !ok && strings.Contains(version, "#") {
			entries = append(entries, entry{})
			continue
		}
		entries = append(entries, npmEntry(name, version, ""))
	}
	return entries, nil
}

// isLocalOfBun is true for the project itself, a module of it, and the path of an archive in it. An archive of a registry has no path here, only a version.
func isLocalOfBun(reference string) bool {
	if strings.HasPrefix(reference, "root:") || strings.HasPrefix(reference, "module:") {
		return true
	}
	isPath := strings.HasSuffix(reference, ".tgz") || strings.HasSuffix(reference, ".tar.gz")
	return isPath && !strings.Contains(reference, "://")
}
