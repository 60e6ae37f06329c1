package manifest

import (
	"bytes"
	"context"
	"errors"
	"strings"
)

// yarnBlock is one package of a yarn.lock: its first specifier, and the properties that say where it comes from.
type yarnBlock struct {
	specifier  string
	version    string
	resolved   string
	resolution string
}

// readYarnLock reads both forms: that of Yarn 1, and that of Yarn 2 and later, which is YAML and states a resolution. Lines that neither writes are errOther.
func readYarnLock(ctx context.Context, content []byte) ([]entry, error) {
	var (
		entries []entry
		block   yarnBlock
		// long is a key of more than 1,024 characters: Yarn 2 writes it behind a question mark, and the colon in the next line.
		long string
	)
	end := func() error {
		if block.specifier == "" || block.specifier == "__metadata" {
			return nil
		}
		e, err := block.entry()
		entries = append(entries, e)
		return err
	}
	for raw, err := range lines(ctx, content) {
		if err != nil {
			return nil, err
		}
		line := bytes.TrimRight(raw, " ")
		switch {
		case len(line) == 0 || line[0] == '#':
		case long == "" && bytes.HasPrefix(line, []byte("? ")):
			long = string(line[2:])
		case line[0] != ' ':
			header, ok := bytes.CutSuffix(line, []byte{':'})
			if (ok && len(header) == 0) != (long != "") {
				return nil, errHalfKey
			}
			if !ok {
				return nil, errOther
			}
			if err := end(); err != nil {
				return nil, err
			}
			block, long = yarnBlock{specifier: firstSpecifier(long + string(header))}, ""
		case long != "":
			return nil, errHalfKey
		case block.specifier == "":
			return nil, errOther
		case len(line) > 3 && line[2] != ' ':
			block.set(string(line[2:]))
		}
	}
	if long != "" {
		return nil, errHalfKey
	}
	if err := end(); err != nil {
		return nil, err
	}
	return entries, nil
}

// errHalfKey is of a file that is cut off; the extractor would take the half for a name.
var errHalfKey = errors.New("it has one half of a key that is divided")

// firstSpecifier is that of "a@^1", "a@^2" or "a@^1, a@^2".
func firstSpecifier(header string) string {
	if rest, ok := strings.CutPrefix(header, `"`); ok {
		header, _, _ = strings.Cut(rest, `"`)
	}
	header, _, _ = strings.Cut(header, ", ")
	return header
}

// set keeps the properties of either form: `version "1.0"`, `version: 1.0`, and `"version": 1.0` as some tools write it anew.
func (b *yarnBlock) set(property string) {
	key, value, _ := strings.Cut(property, " ")
	value = strings.Trim(value, `"`)
	switch strings.Trim(strings.TrimSuffix(key, ":"), `"`) {
	case "version":
		b.version = value
	case "resolved":
		b.resolved = value
	case "resolution":
		b.resolution = value
	}
}

func (b *yarnBlock) entry() (entry, error) {
	source := b.specifier
	if b.resolution != "" {
		source = b.resolution
	}
	name, reference := splitSpecifier(source)
	if b.version == "" || name == "" {
		return entry{}, errOther
	}
	if isLocalReference(reference) {
		return entry{}, nil
	}
	if isArchive(reference) {
		b.version = ""
	}
	if b.resolution != "" {
		if strings.Contains(reference, "://") || strings.HasPrefix(reference, "git@") {
			return npmEntry(name, b.version, reference), nil
		}
		return npmEntry(name, b.version, ""), nil
	}
	// An alias of Yarn 1: "mine@npm:theirs@^1.0.0", or "mine@npm:theirs" for any version.
	if target, ok := strings.CutPrefix(reference, "npm:"); ok {
		if theirs, requirement := splitSpecifier(target); requirement != "" || isPackageName(target) {
			name = theirs
		}
	}
	// Tools that rewrite the file lose the commit of a repository, which the specifier may have kept.
	if _, commit, ok := gitSource(b.resolved); ok && commit == "" {
		if repository, commit, ok := gitSource(reference); ok && isCommit(commit) {
			return entryFromSource(repository, commit), nil
		}
	}
	return npmEntry(name, b.version, b.resolved), nil
}

// splitSpecifier divides name@reference; the name of a scoped package begins with the sign itself.
func splitSpecifier(specifier string) (name, reference string) {
	if specifier == "" {
		return "", ""
	}
	i := strings.IndexByte(specifier[1:], '@')
	if i < 0 {
		return specifier, ""
	}
	return specifier[:i+1], specifier[i+2:]
}

// isArchive is true for an address in place of a version. What lies there has none that a registry knows. The address of a repository may look the same, but
// what is in a repository is named by its commit, whatever the version.
func isArchive(reference string) bool {
	return strings.HasPrefix(reference, "https://") || strings.HasPrefix(reference, "http://")
}

// isPackageName tells a name behind npm: from a requirement of versions, such as ^1.0.0 or *.
func isPackageName(text string) bool {
	return text != "" && (text[0] == '@' || 'a' <= text[0] && text[0] <= 'z')
}

// isLocalReference is true for what the project itself holds. Yarn 1 takes paths without a protocol too; exec: is a script of the project.
func isLocalReference(reference string) bool {
	for _, protocol := range []string{"./", "../", "/", "exec:", "file:", "link:", "portal:", "workspace:"} {
		if strings.HasPrefix(reference, protocol) {
			return true
		}
	}
	return false
}
