package manifest

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"

	cpb "github.com/google/osv-scalibr/binary/proto/config_go_proto"
	"github.com/google/osv-scalibr/extractor"
	"github.com/google/osv-scalibr/extractor/filesystem"
	"github.com/google/osv-scalibr/extractor/filesystem/language/cpp/conanlock"
	"github.com/google/osv-scalibr/extractor/filesystem/language/java/gradlelockfile"
	"github.com/google/osv-scalibr/extractor/filesystem/language/javascript/bunlock"
	"github.com/google/osv-scalibr/extractor/filesystem/language/javascript/packagelockjson"
	"github.com/google/osv-scalibr/extractor/filesystem/language/javascript/pnpmlock"
	"github.com/google/osv-scalibr/extractor/filesystem/language/javascript/yarnlock"
	"github.com/google/osv-scalibr/extractor/filesystem/language/php/composerlock"
	"github.com/google/osv-scalibr/extractor/filesystem/language/python/poetrylock"
	"github.com/google/osv-scalibr/extractor/filesystem/language/python/uvlock"
	"github.com/google/osv-scalibr/extractor/filesystem/language/rust/cargolock"
	scalibrlog "github.com/google/osv-scalibr/log"
)

// extractors has the constructors of extractors: of formats that we do not read ourselves, of yarn.lock for what its reader calls errOther, and of others that
// our readers are held against. An extractor keeps nothing between calls, but is made anew for each file all the same: that
// costs nothing and asks for no promise.
var extractors = map[Format]func(*cpb.PluginConfig) (filesystem.Extractor, error){
	BunLock:        bunlock.New,
	CargoLock:      cargolock.New,
	ComposerLock:   composerlock.New,
	ConanLock:      conanlock.New,
	GradleLockfile: gradlelockfile.New,
	NpmShrinkwrap:  packagelockjson.New,
	PackageLock:    packagelockjson.New,
	PnpmLock:       pnpmlock.New,
	PoetryLock:     poetrylock.New,
	UvLock:         uvlock.New,
	YarnLock:       yarnlock.New,
}

// Extractors log what they cannot read through one logger of the whole process, to standard error. We return the error instead.
func init() {
	scalibrlog.SetLogger(silent{})
}

// scan reads a file with its format's extractor, which loses its input when time is up.
func scan(ctx context.Context, format Format, content []byte) ([]entry, error) {
	if format == YarnLock && hasLongLine(content, bufio.MaxScanTokenSize) {
		// The extractor would end there and say nothing.
		return nil, fmt.Errorf("it has a line of more than %d bytes, and is not in the form that Yarn writes", bufio.MaxScanTokenSize)
	}
	return uninterruptible.run(ctx, func(ctx context.Context) ([]entry, error) {
		packages, err := run(ctx, format, content)
		if err != nil {
			return nil, err
		}
		entries := make([]entry, len(packages))
		for i, p := range packages {
			entries[i] = entryFromPackage(p)
		}
		return entries, nil
	})
}

// hasLongLine is true when a line has as many bytes as limit.
func hasLongLine(content []byte, limit int) bool {
	for line := range bytes.Lines(content) {
		if len(line) >= limit {
			return true
		}
	}
	return false
}

// run calls an extractor.
func run(ctx context.Context, format Format, content []byte) ([]*extractor.Package, error) {
	e, err := extractors[format](&cpb.PluginConfig{})
	if err != nil {
		return nil, err
	}
	inventory, err := e.Extract(ctx, &filesystem.ScanInput{
		FS:     nothing{},
		Path:   string(format),
		Reader: &reader{ctx: ctx, content: bytes.NewReader(content)},
	})
	return inventory.Packages, err
}

// reader ends when its context does.
type reader struct {
	ctx     context.Context
	content io.Reader
}

func (r *reader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.content.Read(p)
}

// nothing is a file system without files: what a file includes is absent.
type nothing struct{}

func (nothing) Open(name string) (fs.File, error) {
	return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
}

func (nothing) ReadDir(name string) ([]fs.DirEntry, error) {
	return nil, &fs.PathError{Op: "readdir", Path: name, Err: fs.ErrNotExist}
}

func (nothing) Stat(name string) (fs.FileInfo, error) {
	return nil, &fs.PathError{Op: "stat", Path: name, Err: fs.ErrNotExist}
}
