package manifest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"go.yaml.in/yaml/v3"
)

// pnpmLock is the part of a pnpm-lock.yaml that names packages. pnpm may write several documents into one file.
type pnpmLock struct {
	Version  string                 `yaml:"lockfileVersion"`
	Packages map[string]pnpmPackage `yaml:"packages"`
}

type pnpmPackage struct {
	Name       string         `yaml:"name"`
	Version    string         `yaml:"version"`
	Resolution map[string]any `yaml:"resolution"`
}

// decodePnpmLock knows the whole grammar of YAML, and the keys of versions before 5.
func decodePnpmLock(content []byte) ([]entry, error) {
	var entries []entry
	for decoder := yaml.NewDecoder(bytes.NewReader(content)); ; {
		var lock pnpmLock
		err := decoder.Decode(&lock)
		if errors.Is(err, io.EOF) {
			return entries, nil
		}
		if err != nil {
			return nil, err
		}
		if lock.Version == "" {
			return nil, errors.New("it states no lockfileVersion")
		}
		for key, p := range lock.Packages {
			e, err := p.block(key).entry(lock.Version)
			if errors.Is(err, errOther) {
				e, err = p.block(key).oldEntry(lock.Version)
			}
			if err != nil {
				return nil, err
			}
			entries = append(entries, e)
		}
	}
}

// block is the package as the reader of lines would give it.
func (p pnpmPackage) block(key string) *pnpmBlock {
	b := &pnpmBlock{key: key, name: p.Name, version: p.Version}
	for k, value := range p.Resolution {
		if text, ok := value.(string); ok {
			b.resolve(k, text)
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
