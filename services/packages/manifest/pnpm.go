package manifest

import (
	"bytes"
	"cmp"
	"context"
	"strings"
)

// pnpmBlock is one package of a pnpm-lock.yaml.
type pnpmBlock struct {
	key     string
	name    string
	version string
	// resolution has the keys of the inline table, or of the lines below.
	resolution map[string]string
}

// readPnpmLock reads the table of packages of versions 5 to 9 in the form that pnpm writes: two spaces a level, one key a line. Whatever else is there, and
// keys whose meaning is not plain, are errOther.
func readPnpmLock(ctx context.Context, content []byte) ([]entry, error) {
	var (
		entries []entry
		block   *pnpmBlock
		lock    string
		within  bool
		below   string
	)
	end := func() error {
		if block == nil {
			return nil
		}
		e, err := block.entry(lock)
		entries = append(entries, e)
		block = nil
		return err
	}
	for raw, err := range lines(ctx, content) {
		if err != nil {
			return nil, err
		}
		line := string(bytes.TrimRight(raw, " "))
		text := strings.TrimLeft(line, " ")
		if text == "" || text[0] == '#' {
			continue
		}
		switch indent := len(line) - len(text); {
		case indent == 0:
			if err := end(); err != nil {
				return nil, err
			}
			key, value, ok := cutPair(text)
			if !ok || !isPlain(key) {
				return nil, errOther
			}
			within = key == "packages"
			if within && value != "" && value != "{}" {
				return nil, errOther
			}
			if key == "lockfileVersion" {
				lock = value
			}
		case !within:
		case indent == 2:
			if err := end(); err != nil {
				return nil, err
			}
			key, ok := strings.CutSuffix(text, ":")
			plain := unquote(key)
			if !ok || plain == key && !isPlain(key) || strings.ContainsAny(plain, `'"\`) {
				return nil, errOther
			}
			block, below = &pnpmBlock{key: plain}, ""
		case block == nil || indent < 4 || indent > 4 && below == "":
			return nil, errOther
		case indent == 4:
			key, value, ok := cutPair(text)
			if !ok || !isPlain(key) {
				return nil, errOther
			}
			below = key
			if err := block.set(key, value); err != nil {
				return nil, err
			}
		case indent == 6 && below == "resolution":
			key, value, _ := cutPair(text)
			block.resolve(key, value)
		}
	}
	if err := end(); err != nil {
		return nil, err
	}
	if lock == "" || !isPlain(lock) {
		return nil, errOther
	}
	return entries, nil
}

func (b *pnpmBlock) set(key, value string) error {
	switch key {
	case "name":
		b.name = value
		return plainOrOther(value)
	case "version":
		b.version = value
		return plainOrOther(value)
	case "resolution":
		if value == "" {
			return nil
		}
		inner, ok := strings.CutPrefix(value, "{")
		if !ok || !strings.HasSuffix(inner, "}") {
			return errOther
		}
		for pair := range strings.SplitSeq(strings.TrimSuffix(inner, "}"), ", ") {
			k, v, _ := cutPair(strings.TrimSpace(pair))
			b.resolve(k, v)
		}
	}
	return nil
}

func (b *pnpmBlock) resolve(key, value string) {
	if b.resolution == nil {
		b.resolution = make(map[string]string, 2)
	}
	b.resolution[key] = value
}

// entry names the package. The properties name and version stand there when the key does not say them.
func (b *pnpmBlock) entry(lock string) (entry, error) {
	if b.resolution["type"] == "directory" || strings.HasPrefix(b.key, "file:") || strings.HasPrefix(b.key, "link:") {
		return entry{}, nil
	}
	if b.resolution["type"] == "git" {
		return entryFromGit(b.resolution["repo"], b.resolution["commit"]), nil
	}
	if repository, commit, ok := gitSource(b.resolution["tarball"]); ok {
		return entryFromSource(repository, commit), nil
	}
	name, version := b.name, b.version
	keyName, keyVersion, err := splitPnpmKey(b.key, lock)
	// A Node.js, Deno or Bun that pnpm takes from where it is published, which is no registry.
	if strings.HasPrefix(keyVersion, "runtime:") {
		return entry{}, nil
	}
	if isArchive(keyVersion) {
		version = keyVersion
	}
	if name == "" || version == "" {
		if err != nil {
			return entry{}, err
		}
		if isLocalReference(keyVersion) {
			return entry{}, nil
		}
		name, version = cmp.Or(name, keyName), cmp.Or(version, keyVersion)
	}
	return npmEntry(name, version, ""), nil
}

// splitPnpmKey reads /name/1.0.0_peers of version 5, /name@1.0.0(peers) of version 6 and name@1.0.0(peers) of version 9.
func splitPnpmKey(key, lock string) (name, version string, err error) {
	path, absolute := strings.CutPrefix(key, "/")
	if strings.HasPrefix(lock, "5") {
		if !absolute {
			return "", "", errOther
		}
		parts := strings.Split(path, "/")
		if strings.HasPrefix(path, "@") && len(parts) > 1 {
			parts = append([]string{parts[0] + "/" + parts[1]}, parts[2:]...)
		}
		if len(parts) != 2 {
			return "", "", errOther
		}
		name, version = parts[0], parts[1]
		version, _, _ = strings.Cut(version, "_")
		if strings.Trim(version[:min(1, len(version))], "0123456789") != "" {
			return "", "", errOther
		}
	} else {
		path, _, _ = strings.Cut(path, "(")
		name, version = splitSpecifier(path)
	}
	if name == "" || version == "" {
		return "", "", errOther
	}
	return name, version, nil
}

// cutPair divides key: value, without quotes.
func cutPair(text string) (key, value string, ok bool) {
	key, value, ok = strings.Cut(text, ":")
	return unquote(key), unquote(strings.TrimSpace(value)), ok
}

// isPlain is false for what may be more than a word of YAML: comments, anchors, tags, collections, escapes. Some signs are plain within a word, and the decoder
// refuses those of an address with a query within braces, which pnpm writes.
func isPlain(text string) bool {
	return !strings.ContainsAny(text, " \t{}[]\"'\\,") && (text == "" || !strings.ContainsRune("#&*!|>?", rune(text[0])))
}

func plainOrOther(text string) error {
	if !isPlain(text) {
		return errOther
	}
	return nil
}

func unquote(text string) string {
	if n := len(text); n > 1 && text[0] == text[n-1] && (text[0] == '\'' || text[0] == '"') {
		return text[1 : n-1]
	}
	return text
}
