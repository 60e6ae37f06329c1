package source

import (
	"path"
	"slices"
	"strings"
)

// manifestNames are the base names of files that state or lock what a project depends on.
var manifestNames = []string{
	"Cargo.lock", "Cargo.toml", "Gemfile", "Gemfile.lock", "Package.resolved", "Package.swift", "Pipfile", "Pipfile.lock", "Podfile", "Podfile.lock",
	"build.gradle", "build.gradle.kts", "buildscript-gradle.lockfile", "bun.lock", "bun.lockb", "cabal.project.freeze", "composer.json", "composer.lock",
	"conan.lock", "conanfile.py", "conanfile.txt", "deno.json", "deno.lock", "environment.yml", "flake.lock", "gems.locked", "gems.rb", "go.mod", "go.sum", "gradle.lockfile",
	"libs.versions.toml", "mix.exs", "mix.lock", "npm-shrinkwrap.json", "package-lock.json", "package.json", "packages.config", "packages.lock.json",
	"paket.dependencies", "paket.lock", "pdm.lock", "pnpm-lock.yaml", "poetry.lock", "pom.xml", "pubspec.lock", "pubspec.yaml", "pylock.toml", "pyproject.toml",
	"rebar.lock", "renv.lock", "setup.cfg", "setup.py", "stack.yaml.lock", "uv.lock", "vcpkg.json", "verification-metadata.xml", "yarn.lock",
}

// manifestEnds are ends of names of such files.
var manifestEnds = []string{".csproj", ".deps.json", ".fsproj", ".gemspec", ".vbproj"}

// IsManifest tells whether a path is that of a lock file or manifest: one whose change may change packages.
func IsManifest(file string) bool {
	name := path.Base(file)
	if slices.Contains(manifestNames, name) {
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
				paths = append(paths, Plain(file, maxText))
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
