package manifest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/fault"
)

// Each of these files took hours of a core: a search through the whole file for each package.
func TestLargeFilesAreReadInTime(t *testing.T) {
	t.Parallel()
	const n = 60_000
	var gomod, pipfile, bun, pnpm, pubspec bytes.Buffer
	for i := range n {
		fmt.Fprintf(&gomod, "require a.example/p%[1]d v1.0.0\nreplace a.example/p%[1]d => b.example/p%[1]d v1.0.0\n", i)
		fmt.Fprintf(&pipfile, "\"p%d\": {\"version\": \"==1\"},\n", i)
		fmt.Fprintf(&pnpm, "  p%d@1.0.0: {}\n", i)
		fmt.Fprintf(&pubspec, "  p%d: {version: 1.0.0}\n", i)
		fmt.Fprintf(&bun, "\"p%d\": [\"p%d@1\"],\n", i, i)
	}
	for format, content := range map[Format]string{
		// One line in another form, and the decoder reads the file.
		PnpmLock:    "lockfileVersion: '9.0'\npackages: # x\n" + pnpm.String(),
		PubspecLock: "packages:\n" + pubspec.String(),
		BunLock:     "{\"packages\": {\n" + bun.String() + "\"z\": [\"a@1#z\"]}}",
		GoMod:       "module m\n" + gomod.String(),
		PipfileLock: "{\"default\": {\n" + pipfile.String() + "\"z\": {}}}",
	} {
		t.Run(string(format), func(t *testing.T) {
			t.Parallel()
			result, err := Extract(t.Context(), string(format), []byte(content))
			require.NoError(t, err)
			require.GreaterOrEqual(t, len(result.Purls), n)
		})
	}
}

// One key of very many parts took the decoder of TOML as long.
func TestTOMLKeysOfManyParts(t *testing.T) {
	t.Parallel()
	for _, content := range []string{
		strings.Repeat("a.", 1<<20) + "a = 1\n",
		"[" + strings.Repeat("a.", 1<<20) + "a]\n",
		strings.Repeat("\"#\" . ", 1<<20) + "a = 1\n",
		"x = {" + strings.Repeat("'='.", 1<<20) + "a = 1}\n",
	} {
		_, err := Extract(t.Context(), "pdm.lock", []byte(content))
		require.ErrorIs(t, err, ErrInvalid)
		require.ErrorContains(t, err, "key of more than 100 parts")
	}
	for _, content := range []string{
		"a = \"" + strings.Repeat("a.", 1000) + "\"\n",
		"a = '" + strings.Repeat("a.", 1000) + "'\n",
		"a = \"\"\"\n\\\"\"" + strings.Repeat("a.", 1000) + "\n\"\"\"\n",
		"a = [" + strings.Repeat("1.0, ", 1000) + "]\n",
		"a = 1 # " + strings.Repeat("a.", 1000) + "\n",
		strings.Repeat("a.", 90) + "a = 1\n" + strings.Repeat("b.", 90) + "b = 1\n",
	} {
		_, err := Extract(t.Context(), "pdm.lock", []byte(content))
		require.NoError(t, err, content)
	}
}

func TestYAMLWithAliasesIsRefused(t *testing.T) {
	t.Parallel()
	for format, content := range map[Format]string{
		PnpmLock:    "lockfileVersion: '9.0'\nx: &x {a: b}\npackages:\n  a@1.0.0: *x\n",
		PubspecLock: "packages:\n  a: &a {version: 1.0.0}\n  b: *a\n",
	} {
		_, err := Extract(t.Context(), string(format), []byte(content))
		require.ErrorIs(t, err, ErrInvalid, format)
		require.ErrorContains(t, err, "it has aliases", format)
	}
}

func TestReadersOfLinesEndWithTheirContext(t *testing.T) {
	t.Parallel()
	cause := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(cause)
	for _, format := range []Format{CargoLock, PnpmLock, PoetryLock, RequirementsText, UvLock, YarnLock} {
		_, err := readers[format](ctx, generate(format, 10))
		require.ErrorIs(t, err, cause, format)
	}
}

// A parser that does not end keeps its place, and is not joined by others without limit.
func TestPlacesAreKeptUntilTheParserEnds(t *testing.T) {
	t.Parallel()
	p := make(places, 1)
	ctx, cancel := context.WithCancelCause(t.Context())
	release, ended := make(chan struct{}), make(chan struct{})
	started := make(chan struct{})
	go func() {
		<-started
		cancel(errors.New("it takes too long"))
	}()
	_, err := p.run(ctx, func(context.Context) ([]entry, error) {
		defer close(ended)
		close(started)
		<-release
		return nil, nil
	})
	require.ErrorContains(t, err, "it takes too long")

	never := func(context.Context) ([]entry, error) { panic("it has no place") }
	_, err = p.run(ctx, never)
	require.ErrorIs(t, err, errBusy)

	close(release)
	<-ended
	entries, err := p.run(t.Context(), func(context.Context) ([]entry, error) { return []entry{{name: "a"}}, nil })
	require.NoError(t, err)
	require.Len(t, entries, 1)
	_, err = p.run(t.Context(), never)
	require.ErrorContains(t, err, "its structure is broken")
}

func TestAFileWithoutAPlaceIsToBeSentAgain(t *testing.T) {
	for range cap(uninterruptible) {
		uninterruptible <- struct{}{}
	}
	defer func() {
		for range cap(uninterruptible) {
			<-uninterruptible
		}
	}()
	content, err := os.ReadFile("testdata/go.mod.fixture")
	require.NoError(t, err)
	_, err = read(canceled(t), GoMod, content)
	require.ErrorIs(t, err, errBusy)
	_, err = Extract(canceled(t), "go.mod", content)
	require.ErrorIs(t, err, context.Canceled)
	require.ErrorIs(t, ErrBusy, fault.Unavailable)
}

// What a file waits for others is not taken off its own time.
func TestWaitingForAPlaceTakesNoTimeOffTheReading(t *testing.T) {
	const slow, long = Format("slow"), 8 * time.Second
	before := uninterruptible
	decoders[slow] = func([]byte) ([]entry, error) {
		<-time.After(long)
		return []entry{{purlType: "npm", name: "a"}}, nil
	}
	defer func() {
		uninterruptible = before
		delete(decoders, slow)
	}()
	synctest.Test(t, func(t *testing.T) {
		uninterruptible = make(places, 1)
		uninterruptible <- struct{}{}
		time.AfterFunc(long, func() { <-uninterruptible })
		result, err := extract(t.Context(), slow, "x", nil)
		require.NoError(t, err)
		require.Equal(t, []string{"pkg:npm/a"}, result.Purls)

		uninterruptible <- struct{}{}
		_, err = extract(t.Context(), slow, "x", nil)
		require.ErrorIs(t, err, ErrBusy)
		<-uninterruptible

		decoders[slow] = func([]byte) ([]entry, error) {
			<-time.After(2 * MaxSeconds * time.Second)
			return nil, nil
		}
		_, err = extract(t.Context(), slow, "x", nil)
		require.ErrorIs(t, err, ErrInvalid)
		require.ErrorContains(t, err, "takes longer than 10 seconds")
		<-time.After(2 * MaxSeconds * time.Second)
	})
}

// A free place is nothing for a call that has ended.
func TestAnEndedCallTakesNoPlace(t *testing.T) {
	t.Parallel()
	p := make(places, 1)
	for range 100 {
		_, err := p.run(canceled(t), func(context.Context) ([]entry, error) { return nil, nil })
		require.ErrorIs(t, err, errBusy)
		require.Empty(t, p)
	}
}

func canceled(t *testing.T) context.Context {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	return ctx
}

func TestPipfileLock(t *testing.T) {
	t.Parallel()
	result, err := Extract(t.Context(), "Pipfile.lock", []byte(`{
		"_meta": {"sources": []},
		"default": {
			"archive": {"file": "https://files.example/archive-1.0.zip"},
			"forked": {"git": "https://github.com/acme/forked.git", "ref": "0123456789abcdef0123456789abcdef01234567"},
			"here": {"path": "./here", "editable": true, "version": "==1.0"},
			"mercurial": {"hg": "https://hg.example/mercurial", "ref": "0123456789abcdef0123456789abcdef01234567"},
			"ranged": {"version": ">=1.0"},
			"subversion": {"svn": "https://svn.example/subversion", "ref": "42"},
			"Zope.Interface": {"version": "==7.2", "markers": "python_version >= '3.8'"}
		},
		"develop": {"pytest": {"version": "==8.3.4"}},
		"docs": {"sphinx": {"version": "==8.1.3"}}
	}`))
	require.NoError(t, err)
	require.Equal(t, []string{
		"pkg:github/acme/forked@0123456789abcdef0123456789abcdef01234567",
		"pkg:pypi/archive",
		"pkg:pypi/pytest@8.3.4",
		"pkg:pypi/ranged",
		"pkg:pypi/sphinx@8.1.3",
		"pkg:pypi/zope-interface@7.2",
	}, result.Purls)
	require.Equal(t, 3, result.Skipped)
	for _, content := range []string{"null", `{"default": {"a": 1}}`, `{"default"`} {
		_, err := Extract(t.Context(), "Pipfile.lock", []byte(content))
		require.ErrorIs(t, err, ErrInvalid, content)
	}
}

// A tuple that names nothing is passed over and counted.
func TestBunLockSkipsWhatIsNoPackage(t *testing.T) {
	t.Parallel()
	result, err := Extract(t.Context(), "bun.lock", []byte(`{"packages": {"a": ["a@1.0.0"], "b": ["b@1#z"], "c": [], "d": [7]}}`))
	require.NoError(t, err)
	require.Equal(t, []string{"pkg:npm/a@1.0.0"}, result.Purls)
	require.Equal(t, 3, result.Skipped)
}
