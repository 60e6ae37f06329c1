package manifest

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
)

// readers has the formats that we read ourselves. The extractors of package-lock.json, composer.lock, bun.lock and Pipfile.lock search the whole file for the
// line of each package, which is quadratic; those of the others decode more than the names, at ten to a hundred times the cost. None but that of
// package-lock.json tells the members of the workspace from the packages of the registry, few tell what is in a repository, that of Gemfile.lock ends at a
// long line, that of packages.config refuses encodings, that of Package.resolved reads neither version 1 nor addresses of SSH, that of renv.lock knows CRAN
// by one of its names, and that of pom.xml brings a resolver, a Git client and a network client with it.
var readers = map[Format]func(ctx context.Context, content []byte) ([]entry, error){
	BunLock:          readBunLock,
	CargoLock:        readCargoLock,
	ComposerLock:     readComposerLock,
	GemfileLock:      readGemfileLock,
	MixLock:          readMixLock,
	NpmShrinkwrap:    readPackageLock,
	PackageLock:      readPackageLock,
	PackageResolved:  readPackageResolved,
	PackagesConfig:   readPackagesConfig,
	PackagesLock:     readPackagesLock,
	PipfileLock:      readPipfileLock,
	PnpmLock:         readPnpmLock,
	PoetryLock:       readPoetryLock,
	PomXML:           readPom,
	RenvLock:         readRenvLock,
	RequirementsText: readRequirements,
	UvLock:           readUvLock,
	YarnLock:         readYarnLock,
}

// decoders has the formats that we decode as a whole, some of them where their reader has said errOther. Their extractors give what is local, or in a
// repository, as if it were from the registry.
var decoders = map[Format]func(content []byte) ([]entry, error){
	CargoLock:   decodeCargoLock,
	GoMod:       decodeGoMod,
	PdmLock:     decodePdmLock,
	PnpmLock:    decodePnpmLock,
	PoetryLock:  decodePoetryLock,
	PubspecLock: decodePubspecLock,
	PylockTOML:  decodePylock,
	UvLock:      decodeUvLock,
}

// errOther is a reader's way to say: valid perhaps, but not as the tool writes it.
var errOther = errors.New("not in the form that its tool writes")

// composerLock is the part of a composer.lock that names packages.
type composerLock struct {
	Packages    []composerPackage `json:"packages"`
	PackagesDev []composerPackage `json:"packages-dev"`
}

type composerPackage struct {
	Name    string `json:"name"`
	Version string `json:"version"`
	Dist    struct {
		Type string `json:"type"`
	} `json:"dist"`
}

func readComposerLock(_ context.Context, content []byte) ([]entry, error) {
	var lock *composerLock
	if err := json.Unmarshal(content, &lock); err != nil {
		return nil, err
	}
	if lock == nil {
		return nil, errNull
	}
	entries := make([]entry, 0, len(lock.Packages)+len(lock.PackagesDev))
	for _, packages := range [][]composerPackage{lock.Packages, lock.PackagesDev} {
		for _, p := range packages {
			if p.Dist.Type == "path" {
				entries = append(entries, entry{})
				continue
			}
			namespace, name, divided := strings.Cut(p.Name, "/")
			if !divided {
				namespace, name = "", p.Name
			}
			entries = append(entries, entry{purlType: "composer", namespace: namespace, name: name, version: p.Version})
		}
	}
	return entries, nil
}

var errNull = errors.New("it is null")
