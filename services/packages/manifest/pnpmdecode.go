package manifest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"go.yaml.in/yaml/v3"
)

// decodePnpmLock knows the whole grammar of YAML, and the keys of versions before 5. pnpm may write several documents into one file.
func decodePnpmLock(content []byte) ([]entry, error) {
	var entries []entry
	for decoder := yaml.NewDecoder(bytes.NewReader(content)); ; {
		var document yaml.Node
		err := decoder.Decode(&document)
		if errors.Is(err, io.EOF) {
			return entries, nil
		}
		if err != nil {
			return nil, err
		}
		if entries, err = appendPnpmDocument(entries, &document); err != nil {
			return nil, err
		}
	}
}

func appendPnpmDocument(entries []entry, document *yaml.Node) ([]entry, error) {
	root, err := rootMapping(document)
	if err != nil {
		return nil, err
	}
	lock := scalars(root)["lockfileVersion"]
	if lock == "" {
		return nil, errors.New("it states no lockfileVersion")
	}
	for key, packages := range pairs(root) {
		if key != "packages" {
			continue
		}
		for key, node := range pairs(packages) {
			b := pnpmBlockOf(key, node)
			e, err := b.entry(lock)
			if errors.Is(err, errOther) {
				e, err = b.oldEntry(lock)
			}
			if err != nil {
				return nil, err
			}
			entries = append(entries, e)
		}
	}
	return entries, nil
}

// pnpmBlockOf is the package as the reader of lines would give it.
func pnpmBlockOf(key string, node *yaml.Node) *pnpmBlock {
	keys := scalars(node)
	b := &pnpmBlock{key: key, name: keys["name"], version: keys["version"]}
	for key, resolution := range pairs(node) {
		if key == "resolution" {
			b.resolution = scalars(resolution)
		}
	}
	return b
}

// oldEntry reads host/name/1.0.0, with the host of a registry or nothing before the first slash, and peers behind the version.
func (b *pnpmBlock) oldEntry(lock string) (entry, error) {
	_, path, ok := strings.Cut(b.key, "/")
	if !ok && b.name == "" && strings.HasPrefix(lock, "5") {
		return entry{}, fmt.Errorf("%q is not the path of a package", b.key)
	}
	parts := strings.Split(path, "/")
	if strings.HasPrefix(path, "@") && len(parts) > 1 {
		parts = append([]string{parts[0] + "/" + parts[1]}, parts[2:]...)
	}
	name, version := parts[0], ""
	if len(parts) > 1 {
		version, _, _ = strings.Cut(parts[1], "_")
	}
	if b.name != "" {
		name = b.name
	}
	if b.version != "" {
		version = b.version
	}
	if version == "" || version[0] < '0' || version[0] > '9' {
		return entry{}, nil
	}
	return npmEntry(name, version, ""), nil
}
