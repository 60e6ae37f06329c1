package manifest

import (
	"bytes"
	"context"
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

func readPackageLock(_ context.Context, content []byte) ([]entry, error) {
	if entries, ok := scanPackageLock(content); ok {
		return entries, nil
	}
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
		if e, ok := p.entry(place); ok {
			entries = append(entries, e)
		}
	}
	return entries, nil
}

// scanPackageLock reads the flat table without decoding the document. It is false for version 1, and for what is not plainly such a document: two tables, or
// keys with escapes, are not what npm writes.
func scanPackageLock(content []byte) ([]entry, bool) {
	var (
		entries []entry
		found   bool
		s       = jsonScanner{content: content}
	)
	ok := s.object(func(key []byte) bool {
		if bytes.IndexByte(key, '\\') >= 0 {
			return false
		}
		if string(key) != "packages" {
			return s.skip()
		}
		if found {
			return false
		}
		found = true
		return s.object(func(key []byte) bool {
			if bytes.IndexByte(key, '\\') >= 0 {
				return false
			}
			p, ok := scanPackage(&s)
			if e, counts := p.entry(string(key)); ok && counts {
				entries = append(entries, e)
			}
			return ok
		})
	})
	return entries, ok && found && s.end()
}

// scanPackage reads one row of the table.
func scanPackage(s *jsonScanner) (p packageLockPackage, ok bool) {
	ok = s.object(func(key []byte) (ok bool) {
		if bytes.IndexByte(key, '\\') >= 0 {
			return false
		}
		switch string(key) {
		case "name":
			p.Name, ok = s.text()
		case "version":
			p.Version, ok = s.text()
		case "resolved":
			p.Resolved, ok = s.text()
		case "link":
			p.Link = s.next() == 't'
			ok = s.skip()
		default:
			ok = s.skip()
		}
		return ok
	})
	return p, ok
}

// entry names the package at a place of the tree. It is false for the root, which is the project itself, and for a link, whose target has its own row.
func (p packageLockPackage) entry(place string) (entry, bool) {
	if place == "" || p.Link {
		return entry{}, false
	}
	if !strings.Contains("/"+place, "/node_modules/") {
		// A member of the workspace.
		return entry{}, true
	}
	name := p.Name
	if name == "" {
		name = nameOfPlace(place)
	}
	return npmEntry(name, p.Version, p.Resolved), true
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
// a colon after the host, github:owner/name#commit, and the archives that hosts make of a commit.
func gitSource(source string) (repository, commit string, ok bool) {
	if repository, commit, ok := archiveOfCommit(source); ok {
		return repository, commit, true
	}
	address, commit, found := strings.Cut(source, "#")
	if !found {
		return "", "", strings.HasPrefix(source, "git+") || strings.HasPrefix(source, "git:")
	}
	commit = commitOfFragment(commit)
	for prefix, host := range gitShorthands {
		if rest, found := strings.CutPrefix(address, prefix); found {
			return "https://" + host + "/" + rest, commit, true
		}
	}
	if rest, found := strings.CutPrefix(address, "git@"); found {
		address = "ssh://git@" + rest
	}
	scheme, address, found := strings.Cut(address, "://")
	if !found || !strings.HasPrefix(scheme, "git") && scheme != "ssh" && !strings.HasSuffix(address, ".git") && !isRepository(address, commit) {
		return "", "", false
	}
	return repositoryOf(address), commit, true
}

// isRepository is true for host/owner/name at a commit, on the hosts that serve repositories there. Yarn 1 takes such addresses without .git.
func isRepository(address, commit string) bool {
	host, path, _ := strings.Cut(address, "/")
	return (host == "github.com" || host == "bitbucket.org" || host == "gitlab.com") && strings.Count(path, "/") == 1 && isCommit(commit)
}

// archiveOfCommit knows the archives that the package managers take from GitHub, Bitbucket and GitLab in place of a clone. Yarn writes the archive's hash
// behind the address.
func archiveOfCommit(source string) (repository, commit string, ok bool) {
	source, _, _ = strings.Cut(source, "#")
	address, ok := strings.CutPrefix(source, "https://")
	if !ok {
		return "", "", false
	}
	parts := strings.Split(address, "/")
	switch {
	case parts[0] == "codeload.github.com" && len(parts) == 5 && (parts[3] == "tar.gz" || parts[3] == "legacy.tar.gz"):
		return "https://github.com/" + parts[1] + "/" + parts[2], parts[4], true
	case parts[0] == "bitbucket.org" && len(parts) == 5 && parts[3] == "get":
		commit, ok = strings.CutSuffix(parts[4], ".tar.gz")
		return "https://bitbucket.org/" + parts[1] + "/" + parts[2], commit, ok
	case parts[0] == "gitlab.com":
		repository, commit, ok = strings.Cut(source, "/repository/archive.tar.gz?ref=")
		return repository, commit, ok
	default:
		return "", "", false
	}
}

// commitOfFragment is what stands behind the sign: the commit alone as a rule. Yarn writes commit:... of old, and commit=... since, with the workspace within
// the repository where it is one of several.
func commitOfFragment(fragment string) string {
	if !strings.Contains(fragment, "=") {
		return strings.TrimPrefix(fragment, "commit:")
	}
	for pair := range strings.SplitSeq(fragment, "&") {
		if commit, ok := strings.CutPrefix(pair, "commit="); ok {
			return commit
		}
	}
	return ""
}

var gitShorthands = map[string]string{
	"bitbucket:": "bitbucket.org",
	"gist:":      "gist.github.com",
	"github:":    "github.com",
	"gitlab:":    "gitlab.com",
}
