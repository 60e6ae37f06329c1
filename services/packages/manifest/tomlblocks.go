package manifest

import (
	"bytes"
	"context"
)

// block is one [[package]] of a TOML lock file: the keys of its own table, and its source, which is a string, an inline table or a table below it.
type block struct {
	name    string
	version string
	// source is what Cargo states, where it is a string.
	source string
	// keys has those of sourceKeys that its source has, where it is a table.
	keys map[string]string
}

// sourceKeys are what uv and Poetry say of a package that is not from an index.
var sourceKeys = map[string]bool{
	"directory":          true,
	"editable":           true,
	"git":                true,
	"path":               true,
	"reference":          true,
	"resolved_reference": true,
	"type":               true,
	"url":                true,
	"virtual":            true,
}

// The tables that say what a package is.
const (
	sectionTop     = ""
	sectionPackage = "[[package]]"
	sectionSource  = "[package.source]"
)

// readBlocks reads the [[package]] tables of a lock file in the narrow form that Cargo, uv and Poetry write: one key a line, basic strings without escapes,
// arrays that end in a line with a closing bracket. Whatever else is there is errOther. It is twenty times as fast as decoding the document.
func readBlocks(ctx context.Context, content []byte) ([]block, error) {
	var (
		blocks  []block
		section string
		array   bool
	)
	for line, err := range lines(ctx, content) {
		if err != nil {
			return nil, err
		}
		text := bytes.TrimSpace(line)
		switch {
		case len(text) == 0 || text[0] == '#':
		case array:
			if text[0] == ']' {
				if len(text) > 1 && text[1] != '#' {
					return nil, errOther
				}
				array = false
			} else if c := text[0]; c != '"' && c != '{' {
				return nil, errOther
			}
		case text[0] == '[':
			if !isPlainHeader(text) {
				return nil, errOther
			}
			section = string(text)
			if section == sectionPackage {
				blocks = append(blocks, block{})
			}
		default:
			key, value, ok := bytes.Cut(text, []byte{'='})
			if !ok {
				return nil, errOther
			}
			key, value = bytes.TrimSpace(key), bytes.TrimSpace(value)
			if len(key) == 0 || len(value) == 0 || value[0] == '\'' || bytes.Contains(value, []byte(`"""`)) || bytes.Contains(value, []byte(`'''`)) {
				return nil, errOther
			}
			if value[0] == '[' {
				array = value[len(value)-1] != ']'
				if array && len(value) != 1 {
					return nil, errOther
				}
			}
			if err := setKey(blocks, section, key, value); err != nil {
				return nil, err
			}
		}
	}
	if array {
		return nil, errOther
	}
	return blocks, nil
}

// isPlainHeader is true for [a.b] and [[a.b]] without spaces and comments, and without other ways to write the tables that we read.
func isPlainHeader(text []byte) bool {
	name, isArray := bytes.CutPrefix(text[1:], []byte{'['})
	closing := []byte{']'}
	if isArray {
		closing = []byte("]]")
	}
	name, ok := bytes.CutSuffix(name, closing)
	if !ok || len(name) == 0 || bytes.ContainsAny(name, "[]# \t'\\") || name[0] == '"' || bytes.HasPrefix(name, []byte(`package."`)) {
		return false
	}
	return isArray == (string(name) == "package") || string(name) != "package" && string(name) != "package.source"
}

// setKey keeps the keys that say what a package is.
func setKey(blocks []block, section string, key, value []byte) error {
	if section != sectionTop && section != sectionPackage && section != sectionSource {
		return nil
	}
	for _, c := range key {
		// A quoted or dotted key may be one of those that we read.
		if !isNameByte(c) || c == '.' {
			return errOther
		}
	}
	if len(blocks) == 0 {
		if string(key) == "package" {
			return errOther
		}
		return nil
	}
	last := &blocks[len(blocks)-1]
	if section == sectionSource {
		return last.setSource(key, value)
	}
	var ok bool
	switch string(key) {
	case "name":
		last.name, ok = basicString(value)
	case "version":
		last.version, ok = basicString(value)
	case "source":
		if inner, table := bytes.CutPrefix(value, []byte{'{'}); table {
			return last.setTable(inner)
		}
		last.source, ok = basicString(value)
	default:
		return nil
	}
	if !ok {
		return errOther
	}
	return nil
}

// setTable reads the rest of an inline table of strings: key = "value", key = "value" }.
func (b *block) setTable(rest []byte) error {
	for {
		key, after, ok := bytes.Cut(rest, []byte{'='})
		value := bytes.TrimSpace(after)
		if !ok || len(value) == 0 || value[0] != '"' {
			return errOther
		}
		end := 1 + bytes.IndexByte(value[1:], '"')
		if end == 0 {
			return errOther
		}
		if err := b.setSource(bytes.TrimSpace(key), value[:end+1]); err != nil {
			return err
		}
		rest = bytes.TrimSpace(value[end+1:])
		if string(rest) == "}" {
			return nil
		}
		if rest, ok = bytes.CutPrefix(rest, []byte{','}); !ok {
			return errOther
		}
	}
}

// setSource keeps one key of a source.
func (b *block) setSource(key, value []byte) error {
	if !sourceKeys[string(key)] {
		return nil
	}
	text, ok := basicString(value)
	if !ok {
		return errOther
	}
	if b.keys == nil {
		b.keys = make(map[string]string, 2)
	}
	b.keys[string(key)] = text
	return nil
}

// basicString reads "text" without escapes and without a comment behind it.
func basicString(value []byte) (string, bool) {
	if len(value) < 2 || value[0] != '"' || value[len(value)-1] != '"' {
		return "", false
	}
	text := value[1 : len(value)-1]
	if bytes.ContainsAny(text, "\"\\") {
		return "", false
	}
	return string(text), true
}
