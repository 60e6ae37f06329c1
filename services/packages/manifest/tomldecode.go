package manifest

import (
	"fmt"

	"github.com/BurntSushi/toml"
)

// tomlLock is the part of a TOML lock file that names packages, whichever tool has written it.
type tomlLock struct {
	Package  []tomlPackage `toml:"package"`
	Packages []tomlPackage `toml:"packages"`
}

type tomlPackage struct {
	Name    string `toml:"name"`
	Version string `toml:"version"`
	// Source is a string in Cargo.lock, a table in uv.lock and poetry.lock.
	Source any `toml:"source"`
	// The following are of pdm.lock.
	Git      string `toml:"git"`
	Revision string `toml:"revision"`
	Path     string `toml:"path"`
	URL      string `toml:"url"`
	// The following are of pylock.toml.
	VCS       *tomlSource `toml:"vcs"`
	Directory *tomlSource `toml:"directory"`
	Archive   *tomlSource `toml:"archive"`
}

type tomlSource struct {
	Type   string `toml:"type"`
	URL    string `toml:"url"`
	Path   string `toml:"path"`
	Commit string `toml:"commit-id"`
}

// decodeCargoLock and those below know the whole grammar of TOML, at the cost of decoding the document.
func decodeCargoLock(content []byte) ([]entry, error) {
	return decodePackages(content, func(p tomlPackage) entry { return p.block().cargoEntry() })
}

func decodeUvLock(content []byte) ([]entry, error) {
	return decodePackages(content, func(p tomlPackage) entry { return p.block().uvEntry() })
}

func decodePoetryLock(content []byte) ([]entry, error) {
	return decodePackages(content, func(p tomlPackage) entry { return p.block().poetryEntry() })
}

func decodePdmLock(content []byte) ([]entry, error) {
	return decodePackages(content, tomlPackage.pdmEntry)
}

func decodePackages(content []byte, judge func(tomlPackage) entry) ([]entry, error) {
	lock, err := decodeTOML(content)
	if err != nil {
		return nil, err
	}
	entries := make([]entry, len(lock.Package))
	for i, p := range lock.Package {
		entries[i] = judge(p)
	}
	return entries, nil
}

// decodePylock reads the format of the Python packaging standard.
func decodePylock(content []byte) ([]entry, error) {
	lock, err := decodeTOML(content)
	if err != nil {
		return nil, err
	}
	entries := make([]entry, len(lock.Packages))
	for i, p := range lock.Packages {
		entries[i] = p.pylockEntry()
	}
	return entries, nil
}

func decodeTOML(content []byte) (tomlLock, error) {
	var lock tomlLock
	if hasLongKey(content, maxKeyParts) {
		return lock, fmt.Errorf("it has a key of more than %d parts", maxKeyParts)
	}
	err := toml.Unmarshal(content, &lock)
	return lock, err
}

// block is the package as the reader of lines would give it.
func (p tomlPackage) block() block {
	b := block{name: p.Name, version: p.Version}
	switch source := p.Source.(type) {
	case string:
		b.source = source
	case map[string]any:
		b.keys = make(map[string]string, len(source))
		for key, value := range source {
			if text, ok := value.(string); ok {
				b.keys[key] = text
			}
		}
	}
	return b
}

// pdmEntry knows a repository by its revision, of whatever version control it is.
func (p tomlPackage) pdmEntry() entry {
	switch {
	case p.Path != "":
		return entry{}
	case p.Git != "", p.Revision != "":
		return entryFromGit(p.Git, p.Revision)
	default:
		return p.block().pypiEntry(p.URL)
	}
}

func (p tomlPackage) pylockEntry() entry {
	switch {
	case p.Directory != nil:
		return entry{}
	case p.VCS != nil:
		if p.VCS.Type != "git" {
			return entry{}
		}
		return entryFromGit(p.VCS.URL, p.VCS.Commit)
	case p.Archive != nil && p.Archive.URL == "":
		return entry{}
	case p.Archive != nil:
		return p.block().pypiEntry(p.Archive.URL)
	default:
		return p.block().pypiEntry("")
	}
}
