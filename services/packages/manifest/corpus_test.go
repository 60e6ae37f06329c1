package manifest

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/corpus"
	"devtrail.dev/kit/fault"
	"devtrail.dev/kit/purl"
)

// corpusFormats has the format that each folder of the corpus holds: its files have names of their own.
var corpusFormats = map[string]Format{
	"bunlock":          BunLock,
	"cargolock":        CargoLock,
	"composerlock":     ComposerLock,
	"conanlock":        ConanLock,
	"gemfilelock":      GemfileLock,
	"gomod":            GoMod,
	"gradlelockfile":   GradleLockfile,
	"mixlock":          MixLock,
	"packagelockjson":  PackageLock,
	"packageresolved":  PackageResolved,
	"packagesconfig":   PackagesConfig,
	"packageslockjson": PackagesLock,
	"pdmlock":          PdmLock,
	"pipfilelock":      PipfileLock,
	"pnpmlock":         PnpmLock,
	"poetrylock":       PoetryLock,
	"pomxml":           PomXML,
	"pubspec":          PubspecLock,
	"renvlock":         RenvLock,
	"requirements":     RequirementsText,
	"uvlock":           UvLock,
	"yarnlock":         YarnLock,
}

type corpusFile struct {
	File     string
	Error    bool
	Packages []struct{ Name, Version, PURL string }
}

// expected is the oracle's answer in our form: canonical, without qualifiers, each once, without what no purl can name.
func (f corpusFile) expected() []string {
	purls := []string{}
	for _, p := range f.Packages {
		if strings.HasPrefix(p.PURL, "pkg:git/") {
			continue
		}
		if parsed, err := purl.Parse(strings.Replace(p.PURL, "pkg:swift/github.com%2Fapple%2F", "pkg:swift/github.com/apple/", 1)); err == nil {
			purls = append(purls, parsed.Core())
		}
	}
	slices.Sort(purls)
	return slices.Compact(purls)
}

func TestCorpusLockfiles(t *testing.T) {
	folder := corpus.Path(t, "lockfiles")
	text, err := os.ReadFile(filepath.Join(folder, "expected.json"))
	require.NoError(t, err)
	var files []corpusFile
	require.NoError(t, json.Unmarshal(text, &files))
	require.NotEmpty(t, files)
	for _, f := range files {
		t.Run(f.File, func(t *testing.T) {
			format, ok := corpusFormats[strings.Split(f.File, "/")[1]]
			require.True(t, ok, "folder without a format")
			content, err := os.ReadFile(filepath.Join(folder, f.File))
			require.NoError(t, err)
			result, err := extract(t.Context(), format, f.File, content)
			if f.Error {
				require.ErrorIs(t, err, ErrInvalid)
				require.ErrorIs(t, err, fault.Invalid)
				require.Contains(t, err.Error(), f.File)
				return
			}
			require.NoError(t, err)
			want := f.expected()
			if d, ok := corpusDeviations[f.File]; ok {
				require.Subset(t, want, d.missing, d.reason)
				want = slices.DeleteFunc(want, func(p string) bool { return slices.Contains(d.missing, p) })
				want = append(want, d.extra...)
				slices.Sort(want)
			}
			if diff := cmp.Diff(want, result.Purls); diff != "" {
				t.Errorf("(-oracle +ours)\n%s", diff)
			}
		})
	}
}
