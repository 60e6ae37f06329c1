package manifest

import (
	"encoding/json"
	"path"
	"strings"
)

// packageLock is the part of a package-lock.json that names packages: a flat table since version 2, a tree in version 1.
type packageLock struct {
	Packages     map[string]packageLockPackage    `json:"packages"`
	Dependencies map[string]packageLockDependency `json:"dependencies"`
}

type packageLockPackage struct {
	Name     string `json:"name"`
	Version  string `json:"version"`
	Resolved string `json:"resolved"`
	Link     bool   `json:"link"`
}

type packageLockDependency struct {
	Version      string                           `json:"version"`
	Resolved     string                           `json:"resolved"`
	Dependencies map[string]packageLockDependency `json:"dependencies"`
}

func readPackageLock(content []byte) ([]entry, error) {
	var lock *packageLock
	if err := json.Unmarshal(content, &lock); err != nil {
		return nil, err
	}
	if lock == nil {
		return nil, errNull
	}
	if lock.Packages == nil {
		return appendDependencies(nil, lock.Dependencies), nil
	}
	entries := make([]entry, 0, len(lock.Packages))
	for place, p := range lock.Packages {
		// The root is the project itself; a link points to a member that has its own row.
		if place == "" || p.Link {
			continue
		}
		name := p.Name
		if name == "" {
			name = nameOfPlace(place)
		}
		if !strings.Contains("/"+place, "/node_modules/") {
			entries = append(entries, entry{})
			continue
		}
		entries = append(entries, npmEntry(name, p.Version, p.Resolved))
	}
	return entries, nil
}

// appendDependencies walks the tree of version 1.
func appendDependencies(entries []entry, dependencies map[string]packageLockDependency) []entry {
	for name, d := range dependencies {
		entries = append(entries, npmEntry(name, d.Version, d.Resolved))
		entries = appendDependencies(entries, d.Dependencies)
	}
	return entries
}

// nameOfPlace is the name of the package at node_modules/a/node_modules/@scope/b.
func nameOfPlace(place string) string {
	scope, name := path.Base(path.Dir(place)), path.Base(place)
	if strings.HasPrefix(scope, "@") {
		return scope + "/" + name
	}
	return name
}

// npmEntry decides where a package comes from: the registry, a repository, an archive at some address, or a folder.
func npmEntry(name, version, resolved string) entry {
	for _, source := range []string{version, resolved} {
		if repository, commit, ok := gitSource(source); ok {
			return entryFromSource(repository, commit)
		}
	}
	switch {
	case strings.HasPrefix(version, "file:"), strings.HasPrefix(resolved, "file:"), strings.HasPrefix(version, "link:"):
		return entry{}
	case strings.HasPrefix(version, "npm:"):
		// An alias: npm:string-width@4.2.0.
		target := version[len("npm:"):]
		i := strings.LastIndexByte(target, '@')
		if i <= 0 {
			return entry{}
		}
		name, version = target[:i], target[i+1:]
	case strings.Contains(version, "://"):
		// An archive at some address has a name, and no version that a registry knows.
		version = ""
	}
	if scope, rest, ok := strings.Cut(name, "/"); ok && strings.HasPrefix(scope, "@") {
		return entry{purlType: "npm", namespace: scope, name: rest, version: version}
	}
	return entry{purlType: "npm", name: name, version: version}
}

// gitSource takes a repository's address and a commit from the ways in which npm writes them: git+ssh://git@host/owner/name.git#commit, the same with
// a colon after the host, github:owner/name#commit, and the archives of GitHub.
func gitSource(source string) (repository, commit string, ok bool) {
	if rest, found := strings.CutPrefix(source, "https://codeload.github.com/"); found {
		parts := strings.Split(rest, "/")
		if len(parts) == 4 && parts[2] == "tar.gz" {
			return "https://github.com/" + parts[0] + "/" + parts[1], parts[3], true
		}
		return "", "", false
	}
	address, commit, found := strings.Cut(source, "#")
	if !found {
		return "", "", strings.HasPrefix(source, "git+") || strings.HasPrefix(source, "git:")
	}
	for prefix, host := range gitShorthands {
		if rest, found := strings.CutPrefix(address, prefix); found {
			return "https://" + host + "/" + rest, commit, true
		}
	}
	// Yarn writes #commit=..., and #commit:... of old.
	commit = strings.TrimPrefix(strings.TrimPrefix(commit, "commit="), "commit:")
	if rest, found := strings.CutPrefix(address, "git@"); found {
		address = "ssh://git@" + rest
	}
	scheme, address, found := strings.Cut(address, "://")
	if !found || !strings.HasPrefix(scheme, "git") && scheme != "ssh" && !strings.HasSuffix(address, ".git") {
		return "", "", false
	}
	if _, host, found := strings.Cut(address, "@"); found {
		address = host
	}
	// host:owner/name
	if host, rest, found := strings.Cut(address, ":"); found && !strings.Contains(host, "/") {
		address = host + "/" + rest
	}
	return "https://" + address, commit, true
}

var gitShorthands = map[string]string{
	"bitbucket:": "bitbucket.org",
	"github:":    "github.com",
	"gitlab:":    "gitlab.com",
}
