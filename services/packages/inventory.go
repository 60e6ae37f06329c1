package packages

import (
	"crypto/sha256"

	"devtrail.dev/kit/purl"
	"devtrail.dev/services/packages/manifest"
)

// Inventory is what one file of a project states at one revision.
type Inventory struct {
	// Project is the canonical repository, like github.com/owner/name.
	Project  string
	Revision string
	// Path is the file's place within the project, with slashes.
	Path   string
	Format manifest.Format
	// ContentSHA256 is of the file's bytes. The same bytes at the same revision are the same inventory.
	ContentSHA256 [sha256.Size]byte
	// Entries are the packages, each package and version once.
	Entries []Entry
	// SkippedCount is how many entries of the file name no package by a purl.
	SkippedCount int
}

// Entry is one package in an inventory.
type Entry struct {
	// Package is the canonical purl without version; Type, Namespace and Name are its parts.
	Package   string
	Type      string
	Namespace string
	Name      string
	// Version is empty when the file names no exact one.
	Version string
}

// NewInventory makes the inventory of a file that was read. The purls of the result are canonical, so that an error is a mistake of ours.
func NewInventory(project, revision, path string, content []byte, result manifest.Result) (Inventory, error) {
	inventory := Inventory{
		Project:       project,
		Revision:      revision,
		Path:          path,
		Format:        result.Format,
		ContentSHA256: sha256.Sum256(content),
		Entries:       make([]Entry, 0, len(result.Purls)),
		SkippedCount:  result.Skipped,
	}
	for _, text := range result.Purls {
		p, err := purl.Parse(text)
		if err != nil {
			return Inventory{}, err
		}
		inventory.Entries = append(inventory.Entries, Entry{
			Package:   p.Package(),
			Type:      p.Type,
			Namespace: p.Namespace,
			Name:      p.Name,
			Version:   p.VersionKey(),
		})
	}
	return inventory, nil
}
