package manifest

import (
	"bytes"
	"context"
	"strings"
)

// block is one [[package]] of a TOML lock file: the keys of its own table, and its source, which is a string, an inline table or a table below it.
type block struct {
	name    string
	version string
	// source is the text after the equals sign, or the lines of [package.source] joined by commas.
	source string
}

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
			if text[len(text)-1] != ']' {
				return nil, errOther
			}
			section = string(text)
			if section == "[[package]]" {
				blocks = append(blocks, block{})
			}
		default:
			key, value, ok := bytes.Cut(text, []byte{'='})
			if !ok {
				return nil, errOther
			}
			key, value = bytes.TrimSpace(key), bytes.TrimSpace(value)
			if len(key) == 0 || len(value) == 0 || bytes.HasPrefix(value, []byte(`"""`)) || value[0] == '\'' {
				return nil, errOther
			}
			if value[0] == '[' {
				array = value[len(value)-1] != ']'
				if array && len(value) != 1 {
					return nil, errOther
				}
				continue
			}
			if err := setKey(blocks, section, string(key), value); err != nil {
				return nil, err
			}
		}
	}
	if array {
		return nil, errOther
	}
	return blocks, nil
}

// setKey keeps the keys that say what a package is.
func setKey(blocks []block, section, key string, value []byte) error {
	if len(blocks) == 0 {
		return nil
	}
	last := &blocks[len(blocks)-1]
	switch {
	case section == "[package.source]":
		last.source += key + " = " + string(value) + ", "
	case section != "[[package]]":
	case key == "source":
		last.source = string(value)
	case key == "name" || key == "version":
		text, ok := basicString(value)
		if !ok {
			return errOther
		}
		if key == "name" {
			last.name = text
		} else {
			last.version = text
		}
	}
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

// entriesFromBlocks makes entries of a type. A block without a name is not what any of the tools writes.
func entriesFromBlocks(blocks []block, purlType string, local func(block) bool) ([]entry, error) {
	entries := make([]entry, 0, len(blocks))
	for _, b := range blocks {
		switch {
		case b.name == "":
			return nil, errOther
		case local(b):
			entries = append(entries, entry{})
		case purlType == "pypi":
			entries = append(entries, entry{purlType: purlType, name: pypiName(b.name), version: b.version})
		default:
			entries = append(entries, entry{purlType: purlType, name: b.name, version: b.version})
		}
	}
	return entries, nil
}

// readCargoLock skips the members of the workspace: they alone have no source.
func readCargoLock(ctx context.Context, content []byte) ([]entry, error) {
	blocks, err := readBlocks(ctx, content)
	if err != nil {
		return nil, err
	}
	return entriesFromBlocks(blocks, "cargo", func(b block) bool { return b.source == "" })
}

// readUvLock skips the project, the members of its workspace and folders.
func readUvLock(ctx context.Context, content []byte) ([]entry, error) {
	blocks, err := readBlocks(ctx, content)
	if err != nil {
		return nil, err
	}
	return entriesFromBlocks(blocks, "pypi", func(b block) bool {
		source := strings.TrimLeft(b.source, "{ ")
		return strings.HasPrefix(source, "virtual") || strings.HasPrefix(source, "editable") || strings.HasPrefix(source, "directory")
	})
}

// readPoetryLock skips folders and files of the project.
func readPoetryLock(ctx context.Context, content []byte) ([]entry, error) {
	blocks, err := readBlocks(ctx, content)
	if err != nil {
		return nil, err
	}
	return entriesFromBlocks(blocks, "pypi", func(b block) bool {
		return strings.Contains(b.source, `type = "directory"`) || strings.Contains(b.source, `type = "file"`)
	})
}
