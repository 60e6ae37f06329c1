package manifest

import (
	"strings"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
)

// decodeGoMod reads the modules that a go.mod requires, as it replaces them. A replacement of one version goes before one of all, and is not replaced again.
// The extractor searches all modules for each replacement.
func decodeGoMod(content []byte) ([]entry, error) {
	file, err := modfile.Parse(string(GoMod), content, nil)
	if err != nil {
		return nil, err
	}
	replaced := make(map[module.Version]module.Version, len(file.Replace))
	for _, r := range file.Replace {
		replaced[r.Old] = r.New
	}
	entries := make([]entry, 0, len(file.Require)+1)
	for _, r := range file.Require {
		used := r.Mod
		if to, ok := replaced[used]; ok {
			used = to
		} else if to, ok := replaced[module.Version{Path: used.Path}]; ok {
			used = to
		}
		entries = append(entries, moduleEntry(used))
	}
	if file.Go != nil || file.Toolchain != nil {
		// The standard library has no purl.
		entries = append(entries, entry{})
	}
	return entries, nil
}

// moduleEntry skips a replacement by a folder.
func moduleEntry(m module.Version) entry {
	if modfile.IsDirectoryPath(m.Path) {
		return entry{}
	}
	namespace, name := "", m.Path
	if i := strings.LastIndexByte(m.Path, '/'); i >= 0 {
		namespace, name = m.Path[:i], m.Path[i+1:]
	}
	return entry{purlType: "golang", namespace: namespace, name: name, version: strings.TrimPrefix(m.Version, "v")}
}
