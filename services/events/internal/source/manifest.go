package source

import (
	"path"
	"slices"
	"strings"

	"devtrail.dev/kit/git"
)

// manifestNames are the base names of files that state or lock what a project depends on.
var manifestNames = map[string]bool{
	"Cargo.lock": true, "Cargo.toml": true, "Gemfile": true, "Gemfile.lock": true, "Package.resolved": true, "Package.swift": true, "Pipfile": true,
	"Pipfile.lock": true, "Podfile": true, "Podfile.lock": true, "build.gradle": true, "build.gradle.kts": true, "buildscript-gradle.lockfile": true,
	"bun.lock": true, "bun.lockb": true, "cabal.project.freeze": true, "composer.json": true, "composer.lock": true, "conan.lock": true,
	"conanfile.py": true, "conanfile.txt": true, "deno.json": true, "deno.lock": true, "environment.yml": true, "flake.lock": true, "gems.locked": true,
	"gems.rb": true, "go.mod": true, "go.sum": true, "gradle.lockfile": true, "libs.versions.toml": true, "mix.exs": true, "mix.lock": true,
	"npm-shrinkwrap.json": true, "package-lock.json": true, "package.json": true, "packages.config": true, "packages.lock.json": true,
	"paket.dependencies": true, "paket.lock": true, "pdm.lock": true, "pnpm-lock.yaml": true, "poetry.lock": true, "pom.xml": true,
	"pubspec.lock": true, "pubspec.yaml": true, "pylock.toml": true, "pyproject.toml": true, "rebar.lock": true, "renv.lock": true,
	"settings-gradle.lockfile": true, "setup.cfg": true, "setup.py": true, "stack.yaml.lock": true, "uv.lock": true, "vcpkg.json": true, "verification-metadata.xml": true, "yarn.lock": true,
}

// manifestEnds are ends of names of such files.
var manifestEnds = []string{".csproj", ".deps.json", ".fsproj", ".gemspec", ".vbproj"}

// IsManifest tells whether a path is that of a lock file or manifest: one whose change may change packages.
func IsManifest(file string) bool {
	name := path.Base(file)
	if manifestNames[name] {
		return true
	}
	if strings.HasSuffix(name, ".txt") && (strings.HasPrefix(name, "requirements") || path.Base(path.Dir(file)) == "requirements") {
		return true
	}
	return slices.ContainsFunc(manifestEnds, func(end string) bool { return strings.HasSuffix(name, end) })
}

// maxManifests is how many paths an event lists.
const maxManifests = 100

// Manifests returns the lock files and manifests among paths, sorted, and whether there are more than are listed.
func Manifests(lists ...[]string) (paths []string, more bool) {
	for _, list := range lists {
		for _, file := range list {
			if IsManifest(file) {
				paths = append(paths, git.Plain(file, maxText))
			}
		}
	}
	slices.Sort(paths)
	paths = slices.Compact(paths)
	if len(paths) > maxManifests {
		return paths[:maxManifests], true
	}
	return paths, false
}
