package manifest

import (
	"context"
	"strings"
)

// readCargoLock, readUvLock and readPoetryLock read the form that the tools write.
func readCargoLock(ctx context.Context, content []byte) ([]entry, error) {
	return entriesOf(block.cargoEntry)(readBlocks(ctx, content))
}

func readUvLock(ctx context.Context, content []byte) ([]entry, error) {
	return entriesOf(block.uvEntry)(readBlocks(ctx, content))
}

func readPoetryLock(ctx context.Context, content []byte) ([]entry, error) {
	return entriesOf(block.poetryEntry)(readBlocks(ctx, content))
}

// entriesOf makes entries of blocks. A block without a name is not what any of the tools writes.
func entriesOf(judge func(block) entry) func([]block, error) ([]entry, error) {
	return func(blocks []block, err error) ([]entry, error) {
		if err != nil {
			return nil, err
		}
		entries := make([]entry, len(blocks))
		for i, b := range blocks {
			if b.name == "" {
				return nil, errOther
			}
			entries[i] = judge(b)
		}
		return entries, nil
	}
}

// cargoEntry skips the members of the workspace: they alone have no source.
func (b block) cargoEntry() entry {
	repository, isGit := strings.CutPrefix(b.source, "git+")
	switch {
	case b.source == "", strings.HasPrefix(b.source, "path+"):
		return entry{}
	case isGit:
		address, commit, _ := strings.Cut(repository, "#")
		return entryFromGit(address, commit)
	default:
		return entry{purlType: "cargo", name: b.name, version: b.version}
	}
}

// uvEntry skips the project, the members of its workspace, folders and files.
func (b block) uvEntry() entry {
	for _, local := range []string{"directory", "editable", "path", "virtual"} {
		if _, ok := b.keys[local]; ok {
			return entry{}
		}
	}
	if repository, ok := b.keys["git"]; ok {
		address, commit, _ := strings.Cut(repository, "#")
		return entryFromGit(address, commit)
	}
	return b.pypiEntry(b.keys["url"])
}

// poetryEntry skips folders and files of the project. The type of a package from another index than the usual one is legacy.
func (b block) poetryEntry() entry {
	switch b.keys["type"] {
	case "directory", "file":
		return entry{}
	case "git":
		commit := b.keys["resolved_reference"]
		if reference := b.keys["reference"]; commit == "" && isCommit(reference) {
			// Poetry before 1.1 states nothing else.
			commit = reference
		}
		return entryFromGit(b.keys["url"], commit)
	case "url":
		return b.pypiEntry(b.keys["url"])
	default:
		return b.pypiEntry("")
	}
}

// pypiEntry is a package of an index, or an archive at an address: that has a name, and no version that an index knows.
func (b block) pypiEntry(address string) entry {
	if address != "" {
		return entry{purlType: "pypi", name: pypiName(b.name)}
	}
	return entry{purlType: "pypi", name: pypiName(b.name), version: b.version}
}
