package manifest

import (
	"path"
	"strings"
)

// Format is a kind of lock file or manifest, named after its usual file.
type Format string

// The formats that are read.
const (
	BunLock          Format = "bun.lock"
	CargoLock        Format = "Cargo.lock"
	ComposerLock     Format = "composer.lock"
	ConanLock        Format = "conan.lock"
	GemfileLock      Format = "Gemfile.lock"
	GoMod            Format = "go.mod"
	GradleLockfile   Format = "gradle.lockfile"
	MixLock          Format = "mix.lock"
	NpmShrinkwrap    Format = "npm-shrinkwrap.json"
	PackageLock      Format = "package-lock.json"
	PackageResolved  Format = "Package.resolved"
	PackagesConfig   Format = "packages.config"
	PackagesLock     Format = "packages.lock.json"
	PdmLock          Format = "pdm.lock"
	PipfileLock      Format = "Pipfile.lock"
	PnpmLock         Format = "pnpm-lock.yaml"
	PoetryLock       Format = "poetry.lock"
	PomXML           Format = "pom.xml"
	PubspecLock      Format = "pubspec.lock"
	PylockTOML       Format = "pylock.toml"
	RenvLock         Format = "renv.lock"
	RequirementsText Format = "requirements.txt"
	UvLock           Format = "uv.lock"
	YarnLock         Format = "yarn.lock"
)

// formatsByName has the names that stand for a format beside its own.
var formatsByName = map[string]Format{
	"Gemfile.next.lock":           GemfileLock,
	"buildscript-gradle.lockfile": GradleLockfile,
	"gems.locked":                 GemfileLock,
	"settings-gradle.lockfile":    GradleLockfile,
}

func init() {
	for format := range extractors {
		formatsByName[string(format)] = format
	}
	for format := range decoders {
		formatsByName[string(format)] = format
	}
	for format := range readers {
		formatsByName[string(format)] = format
	}
}

// Detect recognises a format by the last part of a path with slashes, letter case included. Files below node_modules are copies that came with a
// package, not the project's own, and are not recognised.
func Detect(file string) (Format, bool) {
	dir, name := path.Split(file)
	if strings.Contains("/"+dir, "/node_modules/") {
		return "", false
	}
	if format, ok := formatsByName[name]; ok {
		return format, true
	}
	if strings.HasSuffix(name, ".txt") && strings.Contains(name, "requirements") {
		return RequirementsText, true
	}
	if strings.HasPrefix(name, "pylock.") && strings.HasSuffix(name, ".toml") {
		return PylockTOML, true
	}
	return "", false
}
