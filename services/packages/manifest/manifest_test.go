package manifest

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/fault"
	"devtrail.dev/kit/leaktest"
	"devtrail.dev/kit/purl"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

func TestDetect(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]Format{
		"go.mod":                              GoMod,
		"a/b/package-lock.json":               PackageLock,
		"buildscript-gradle.lockfile":         GradleLockfile,
		"settings-gradle.lockfile":            GradleLockfile,
		"dev-requirements.txt":                RequirementsText,
		"requirements-test.txt":               RequirementsText,
		"pylock.dev.toml":                     PylockTOML,
		"Go.mod":                              "",
		"package.json":                        "",
		"requirements.txt/README":             "",
		"requirements.in":                     "",
		"ui/node_modules/a/package-lock.json": "",
		"node_modules/a/yarn.lock":            "",
		"my_node_modules/a/package-lock.json": PackageLock,
		"go.mod/":                             "",
		"":                                    "",
	} {
		format, ok := Detect(path)
		require.Equal(t, want, format, path)
		require.Equal(t, want != "", ok, path)
	}
}

func TestExtractRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		path, content, message string
		is                     error
	}{
		{"README.md", "", `"README.md" is the name of no known lock file`, ErrUnknownFormat},
		{"a/go.mod", "module", `"a/go.mod" is not a readable go.mod`, ErrInvalid},
		{"a/yarn.lock", "a@1:\n  version \"1\"\n<<<<<<< HEAD\nb@1:\n", `"a/yarn.lock" has a conflict marker in line 3`, ErrInvalid},
		{"package-lock.json", "null", `"package-lock.json" is not a readable package-lock.json: it is null`, ErrInvalid},
		{"package-lock.json", `{"packages": {"node_modules/a": 1}}`, "cannot unmarshal", ErrInvalid},
		{"package-lock.json", strings.Repeat("[", MaxNesting+1), "nests brackets deeper than", ErrInvalid},
		{"uv.lock", "[[package]]\nname = \"a", "not a readable uv.lock", ErrInvalid},
		{"pom.xml", "<project>", "not a readable pom.xml", ErrInvalid},
	} {
		_, err := Extract(t.Context(), c.path, []byte(c.content))
		require.ErrorIs(t, err, c.is, c.path)
		require.ErrorIs(t, err, fault.Invalid, c.path)
		require.ErrorContains(t, err, c.message)
	}
	_, err := Extract(t.Context(), "go.mod", make([]byte, MaxBytes+1))
	require.ErrorIs(t, err, ErrInvalid)
	_, err = Extract(t.Context(), "requirements.txt", bytes.Repeat([]byte("a==1\n"), MaxEntries+1))
	require.ErrorContains(t, err, "packages, more than")
}

func TestExtractEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := Extract(ctx, "go.mod", []byte("module a"))
	require.ErrorIs(t, err, context.Canceled)
	require.NotErrorIs(t, err, ErrInvalid)
}

// A panic of an extractor is a malformed file.
func TestGuardTurnsPanicsIntoErrors(t *testing.T) {
	t.Parallel()
	_, err := guard(func() ([]entry, error) {
		parts := strings.Fields("alone")
		return []entry{{name: parts[1]}}, nil
	})
	require.ErrorContains(t, err, "its structure is broken")
}

func TestExtractIsSafeForConcurrentUse(t *testing.T) {
	t.Parallel()
	var group sync.WaitGroup
	for format := range fixtures {
		content, err := os.ReadFile(filepath.Join("testdata", string(format)+".fixture"))
		require.NoError(t, err)
		for range 4 {
			group.Go(func() {
				if _, err := Extract(t.Context(), string(format), content); err != nil {
					t.Errorf("%s: %v", format, err)
				}
			})
		}
	}
	group.Wait()
}

// Where a format has a reader of ours and an extractor, they agree on a file as the tool writes it.
func TestReadersAgreeWithExtractors(t *testing.T) {
	t.Parallel()
	for format, own := range readers {
		if extractors[format] == nil || format == NpmShrinkwrap {
			continue
		}
		content := generate(format, 50)
		want, err := scan(t.Context(), format, content)
		require.NoError(t, err, format)
		got, err := own(t.Context(), content)
		require.NoError(t, err, format)
		require.ElementsMatch(t, purlsOf(want), purlsOf(got), format)
	}
}

// The scanner says what the decoder says, or leaves it to the decoder.
func TestScanPackageLockAgreesWithDecoding(t *testing.T) {
	t.Parallel()
	fixture, err := os.ReadFile("testdata/package-lock.json.fixture")
	require.NoError(t, err)
	for _, content := range [][]byte{fixture, generate(PackageLock, 20), []byte(`{"packages": {"node_modules/a": {"name": "b\u0063\"", "version": "1\\"}}} `)} {
		entries, ok := scanPackageLock(content)
		require.True(t, ok)
		var lock packageLock
		require.NoError(t, json.Unmarshal(content, &lock))
		var want []entry
		for place, p := range lock.Packages {
			if e, ok := p.entry(place); ok {
				want = append(want, e)
			}
		}
		require.ElementsMatch(t, want, entries)
		for i := range content[:len(content)-1] {
			_, ok := scanPackageLock(content[:i])
			require.Equal(t, ok, json.Valid(content[:i]), "cut at %d", i)
		}
	}
}

func purlsOf(entries []entry) []string {
	var purls []string
	for _, e := range entries {
		text, ok := e.purl()
		if !ok {
			text = "skipped"
		}
		purls = append(purls, text)
	}
	slices.Sort(purls)
	return purls
}

// Whatever the bytes are, the answer is a fault of ours or canonical purls in order.
func FuzzExtract(f *testing.F) {
	formats := make([]string, 0, len(fixtures))
	for format := range fixtures {
		formats = append(formats, string(format))
	}
	slices.Sort(formats)
	for i, format := range formats {
		content, err := os.ReadFile(filepath.Join("testdata", format+".fixture"))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(byte(i), content)
		f.Add(byte(i), content[:len(content)/2])
		f.Add(byte(i), []byte{})
	}
	f.Fuzz(func(t *testing.T, n byte, content []byte) {
		format := formats[int(n)%len(formats)]
		result, err := Extract(t.Context(), format, content)
		if err != nil {
			require.ErrorIs(t, err, ErrInvalid)
			return
		}
		require.True(t, slices.IsSorted(result.Purls))
		for _, text := range result.Purls {
			p, err := purl.Parse(text)
			require.NoError(t, err, text)
			require.Equal(t, text, p.Core())
		}
	})
}
