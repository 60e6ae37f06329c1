package privacy

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"devtrail.dev/services/events"
	"devtrail.dev/services/events/internal/memory"
)

var org = uuid.MustParse("5d0c3a5e-0000-4000-8000-000000000001")

func drop(property string) events.PrivacyRule {
	return events.PrivacyRule{Action: events.PrivacyDrop, Property: property}
}

func hash(field events.PrivacyField) events.PrivacyRule {
	return events.PrivacyRule{Action: events.PrivacyHash, Field: field}
}

// cleaned applies rules to properties; hashes of the texts are written #text.
func cleaned(t *testing.T, properties string, list ...events.PrivacyRule) string {
	t.Helper()
	r := compile(events.Privacy{Key: []byte("key"), Rules: list})
	canonical, err := events.CanonicalObject(properties)
	require.NoError(t, err)
	out, err := r.object(canonical, "")
	require.NoError(t, err)
	again, err := r.object(out, "")
	require.NoError(t, err)
	require.Equal(t, out, again, "applying rules twice changes nothing")
	for _, text := range []string{"main", "a.go", "b.go", "7", `{"x":1}`, "secret"} {
		out = strings.ReplaceAll(out, r.hash(text), "#"+text)
	}
	return out
}

func TestRules(t *testing.T) {
	for _, c := range []struct {
		name, in, want string
		rules          []events.PrivacyRule
	}{
		{"a property", `{"a":1,"b":"secret"}`, `{"a":1}`, []events.PrivacyRule{drop("b")}},
		{"a property in objects and lists", `{"a":{"b":1,"c":2},"l":[{"b":3},{"c":[{"b":4}]}]}`, `{"a":{"c":2},"l":[{},{"c":[{"b":4}]}]}`, []events.PrivacyRule{drop("a.b"), drop("l.b")}},
		{"a key with dots", `{"vcs.ref":"secret","vcs":{"ref":"secret","url":"u"}}`, `{"vcs":{"url":"u"}}`, []events.PrivacyRule{drop("vcs.ref")}},
		{
			"hashes of texts, numbers, objects and lists", `{"a":"secret","b":7,"c":{"x":1},"d":["a.go",["b.go",null]],"e":"","f":null}`,
			`{"a":"#secret","b":"#7","c":"#{"x":1}","d":["#a.go",["#b.go",null]],"e":"","f":null}`,
			[]events.PrivacyRule{
				{Action: events.PrivacyHash, Property: "a"},
				{Action: events.PrivacyHash, Property: "b"},
				{Action: events.PrivacyHash, Property: "c"},
				{Action: events.PrivacyHash, Property: "d"},
				{Action: events.PrivacyHash, Property: "e"},
				{Action: events.PrivacyHash, Property: "f"},
			},
		},
		{
			"branches", `{"branch":"main","compare":"main","pull":{"head_branch":"main","Target-Branch":"main"},"original":{"ref":"refs/heads/main"},"title":"t"}`,
			`{"branch":"#main","compare":"#main","pull":{"Target-Branch":"#main","head_branch":"#main"},"title":"t"}`,
			[]events.PrivacyRule{hash(events.BranchNames)},
		},
		{
			"files", `{"entity":"a.go","commit":{"added":["a.go","b.go"],"id":1},"original":{"commits":[]},"branch":"main"}`,
			`{"branch":"main","commit":{"added":["#a.go","#b.go"],"id":1},"entity":"#a.go"}`,
			[]events.PrivacyRule{hash(events.FileNames)},
		},
		{
			"files of keys with dots", `{"attributes":{"code.file.path":"a.go","log.file.name":"b.go","code.file.lines":7,"code.filename.kind":"text"}}`,
			`{"attributes":{"code.file.lines":7,"code.file.path":"#a.go","code.filename.kind":"text","log.file.name":"#b.go"}}`,
			[]events.PrivacyRule{hash(events.FileNames)},
		},
		{
			"branches of keys with dots", `{"git.branch":"main","vcs.ref.head.name":"main","vcs.ref.head.revision":"main","vcs.repository.ref.name":"main"}`,
			`{"git.branch":"#main","vcs.ref.head.name":"#main","vcs.ref.head.revision":"main","vcs.repository.ref.name":"#main"}`,
			[]events.PrivacyRule{hash(events.BranchNames)},
		},
		{"counts and flags are no files", `{"added":17,"files":2,"removed":false,"modified":["a.go"]}`, `{"added":17,"files":2,"modified":["#a.go"],"removed":false}`, []events.PrivacyRule{hash(events.FileNames)}},
		{"a property before a kind", `{"path":"a.go","x":{"path":"b.go"}}`, `{"x":{"path":"#b.go"}}`, []events.PrivacyRule{drop("path"), hash(events.FileNames)}},
		{"digits stay", `{"a":12345678901234567890,"b":1.5e300,"c":"<\u0001\u2028>","d":"secret"}`, "{\"a\":12345678901234567890,\"b\":1.5e+300,\"c\":\"<\\u0001\u2028>\"}", []events.PrivacyRule{drop("d")}},
	} {
		t.Run(c.name, func(t *testing.T) { require.Equal(t, c.want, cleaned(t, c.in, c.rules...)) })
	}
}

// TestNothingOfASourceIsForgotten takes what the sources make of deliveries and looks for names of files and branches in what the rules leave.
func TestNothingOfASourceIsForgotten(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../source/*/testdata/*.golden")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	hidden := compile(events.Privacy{Key: []byte("key"), Rules: []events.PrivacyRule{hash(events.FileNames), hash(events.BranchNames)}})
	names := 0
	for _, file := range files {
		text, err := os.ReadFile(file) //nolint:gosec // a golden of ours
		require.NoError(t, err)
		for line := range strings.Lines(string(text)) {
			if line = strings.TrimSpace(line); !strings.HasPrefix(line, "{") {
				continue
			}
			before, err := events.CanonicalObject(line)
			require.NoError(t, err)
			after, err := hidden.object(before, "")
			require.NoError(t, err)
			left := texts(t, after)
			for where, text := range left {
				require.NotRegexp(t, manifest, text, "%s: %s of %s", file, where, line)
			}
			for path, name := range texts(t, before) {
				if left[path] == name || len(name) < 3 || commit.MatchString(name) {
					continue
				}
				names++
				name = strings.TrimPrefix(strings.TrimPrefix(name, "refs/heads/"), "refs/tags/")
				for where, text := range left {
					if key, _, _ := strings.Cut(where, "["); !slices.Contains([]string{"message", "subject", "summary", "tag", "title"}, key) { // people write them
						require.NotContains(t, text, name, "%s: %s of %s", file, where, line)
					}
				}
			}
		}
	}
	require.Greater(t, names, 100)
}

var manifest = regexp.MustCompile(`go\.mod|package-lock\.json`)

var commit = regexp.MustCompile("^[0-9a-f]{40}$")

// texts are those of an object, by where they stand.
func texts(t *testing.T, object string) map[string]string {
	t.Helper()
	var members map[string]any
	require.NoError(t, json.Unmarshal([]byte(object), &members))
	found := make(map[string]string)
	var walk func(where string, value any)
	walk = func(where string, value any) {
		switch v := value.(type) {
		case string:
			found[where] = v
		case []any:
			for i, one := range v {
				walk(fmt.Sprintf("%s[%d]", where, i), one)
			}
		case map[string]any:
			for key, one := range v {
				walk(where+"["+key+"]", one)
			}
		}
	}
	for key, value := range members {
		walk(key, value)
	}
	return found
}

func TestFields(t *testing.T) {
	r := compile(events.Privacy{Key: []byte("key"), Rules: []events.PrivacyRule{hash(events.MachineName), hash(events.ProjectName), {Action: events.PrivacyDrop, Field: events.SessionName}}})
	e := events.Event{Properties: "{}", Project: "github.com/own/x", SessionID: "s", Source: events.Source{Machine: "laptop"}}
	require.NoError(t, r.apply(&e))
	require.Equal(t, events.Event{Properties: "{}", Project: r.hash("github.com/own/x"), Source: events.Source{Machine: r.hash("laptop")}}, e)
	other := compile(events.Privacy{Key: []byte("another key")})
	require.NotEqual(t, r.hash("laptop"), other.hash("laptop"), "organizations cannot be compared")
}

// TestAFieldIsFoundInTheOriginalToo has each rule alone: what a source was sent repeats the field under a name of its own.
func TestAFieldIsFoundInTheOriginalToo(t *testing.T) {
	for field, event := range map[events.PrivacyField]events.Event{
		events.MachineName: {Source: events.Source{Machine: "laptop"}, Properties: `{"kept":1,"original":{"resource":{"host.name":"laptop"}}}`},
		events.ProjectName: {Project: "git.example.org/own/x", Properties: `{"kept":1,"original":{"repository":{"full_name":"own/x"}}}`},
		events.SessionName: {SessionID: "s-1", Properties: `{"kept":1,"original":{"attributes":{"session.id":"s-1"}}}`},
	} {
		for _, action := range []events.PrivacyAction{events.PrivacyDrop, events.PrivacyHash} {
			e := event
			require.NoError(t, compile(events.Privacy{Key: []byte("key"), Rules: []events.PrivacyRule{{Action: action, Field: field}}}).apply(&e))
			require.JSONEq(t, `{"kept":1}`, e.Properties)
		}
	}
}

// TestAddressesInAProjectAreOfTheProject has them as webhooks do, of which almost every event has one.
func TestAddressesInAProjectAreOfTheProject(t *testing.T) {
	e := events.Event{Project: "git.example.org/own/x", Properties: `{"compare":"https://git.example.org/Own/X/compare/1...2","links":["https://git.example.org/own/x/pulls/4"],` +
		`"pull":{"source_project":"git.example.org/Own/x","url":"https://git.example.org/own/x/pulls/4"},"site":"https://example.org/own","title":"own/x"}`}
	kept := `{"site":"https://example.org/own","title":"own/x"}`
	dropping := e
	require.NoError(t, compile(events.Privacy{Rules: []events.PrivacyRule{{Action: events.PrivacyDrop, Field: events.ProjectName}}}).apply(&dropping))
	require.JSONEq(t, kept[:1]+`"pull":{},`+kept[1:], dropping.Properties)
	r := compile(events.Privacy{Key: []byte("key"), Rules: []events.PrivacyRule{hash(events.ProjectName)}})
	require.NoError(t, r.apply(&e))
	pull := r.hash("https://git.example.org/own/x/pulls/4")
	want := `"compare":"` + r.hash("https://git.example.org/Own/X/compare/1...2") + `","links":["` + pull + `"],"pull":{"source_project":"` + r.hash("git.example.org/Own/x") + `","url":"` + pull + `"},`
	require.JSONEq(t, kept[:1]+want+kept[1:], e.Properties)
	again := e
	require.NoError(t, r.apply(&again))
	require.Equal(t, e, again)
}

func TestKeeper(t *testing.T) {
	store := memory.New(time.Now)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	var log strings.Builder
	k := NewKeeper(store, slog.New(slog.NewTextHandler(&log, nil)))
	require.True(t, k.Empty(org))
	p, err := k.Set(t.Context(), org, 0, []events.PrivacyRule{drop("secret")}, "credential")
	require.NoError(t, err)
	require.EqualValues(t, 1, p.Revision)
	require.False(t, k.Empty(org))
	require.True(t, k.Empty(uuid.New()))
	e := events.Event{Properties: `{"secret":1}`}
	require.NoError(t, k.Apply(org, &e))
	require.Equal(t, "{}", e.Properties)
	require.Contains(t, log.String(), "credential_id=credential")
	require.NotContains(t, log.String(), "secret", "the log has no values")

	_, err = k.Set(t.Context(), org, 0, nil, "")
	require.ErrorIs(t, err, events.ErrPrivacyConflict)
	_, err = k.Set(t.Context(), org, 1, []events.PrivacyRule{drop("a"), drop("a")}, "")
	require.ErrorIs(t, err, events.ErrPrivacyInvalid)
	next, err := k.Set(t.Context(), org, 1, []events.PrivacyRule{hash(events.MachineName)}, "")
	require.NoError(t, err)
	require.Equal(t, p.Key, next.Key, "hashes stay what they are")

	other := NewKeeper(store, slog.New(slog.DiscardHandler))
	require.False(t, other.Empty(org), "another instance reads the rules before the first event")
}

func TestNoEventIsKeptWhileTheRulesAreUnknown(t *testing.T) {
	store := memory.New(time.Now)
	require.NoError(t, store.Close())
	k := NewKeeper(store, slog.New(slog.DiscardHandler))
	require.False(t, k.Empty(org))
	require.ErrorIs(t, k.Apply(org, new(events.Event)), ErrUnknown)
}

func TestAServiceThatStartsWithoutItsDatabaseKnowsTheRulesOfBefore(t *testing.T) {
	folder, store := t.TempDir(), memory.New(time.Now)
	before := NewKeeper(store, slog.New(slog.DiscardHandler))
	require.NoError(t, before.Beside(folder))
	_, err := before.Set(t.Context(), org, 0, []events.PrivacyRule{drop("secret")}, "ada")
	require.NoError(t, err)

	other := NewKeeper(store, slog.New(slog.DiscardHandler)) // another instance, to which this one has not listened yet
	_, err = other.Set(t.Context(), org, 1, []events.PrivacyRule{drop("a")}, "ada")
	require.NoError(t, err)
	current := NewKeeper(store, slog.New(slog.DiscardHandler))
	require.NoError(t, current.Beside(folder))
	known := events.Event{Properties: `{"a":1,"secret":2}`}
	require.NoError(t, current.Apply(org, &known))
	require.JSONEq(t, `{"secret":2}`, known.Properties, "the copy is for when the store cannot be read")
	require.NoError(t, store.Close())

	after := NewKeeper(store, slog.New(slog.DiscardHandler))
	e := events.Event{Properties: `{"a":1,"secret":2}`}
	require.ErrorIs(t, after.Apply(org, &e), ErrUnknown)
	require.NoError(t, after.Beside(folder))
	require.NoError(t, after.Apply(org, &e))
	require.JSONEq(t, `{"a":1}`, e.Properties)
}

// TestADatabaseFromABackupGetsItsRulesAgain has one with the first revision, one with none, and one that another has given them meanwhile.
func TestADatabaseFromABackupGetsItsRulesAgain(t *testing.T) {
	folder, store := t.TempDir(), memory.New(time.Now)
	k := NewKeeper(store, slog.New(slog.DiscardHandler))
	require.NoError(t, k.Beside(folder))
	first, err := k.Set(t.Context(), org, 0, []events.PrivacyRule{drop("secret")}, "ada")
	require.NoError(t, err)
	second, err := k.Set(t.Context(), org, 1, []events.PrivacyRule{hash(events.MachineName)}, "ada")
	require.NoError(t, err)
	text, err := os.ReadFile(filepath.Join(folder, copyName))
	require.NoError(t, err)
	for _, has := range [][]events.Privacy{{}, {first}, {first, second}} {
		require.NoError(t, os.WriteFile(filepath.Join(folder, copyName), text, 0o600))
		backup := memory.New(time.Now)
		for _, p := range has {
			require.NoError(t, backup.SetPrivacyRules(t.Context(), p.Revision-1, p))
		}
		var log strings.Builder
		again := NewKeeper(backup, slog.New(slog.NewTextHandler(&log, nil)))
		require.NoError(t, again.Beside(folder))
		require.NoError(t, again.read(t.Context()))
		require.NoError(t, again.restore(t.Context()))
		kept, err := backup.PrivacyRules(t.Context())
		require.NoError(t, err)
		require.Equal(t, []events.Privacy{second}, kept)
		require.Equal(t, len(has) < 2, strings.Contains(log.String(), "gets these again"), log.String())
		require.NoError(t, again.restore(t.Context()), "what another has done meanwhile is no error")
		third, err := again.Set(t.Context(), org, 2, nil, "ada")
		require.NoError(t, err)
		require.EqualValues(t, 3, third.Revision)
		require.Equal(t, second.Key, third.Key)
	}
}

// TestNoChangeOfTheRulesIsLost has two instances change them at once, while both listen to each other.
func TestNoChangeOfTheRulesIsLost(t *testing.T) {
	store := memory.New(time.Now)
	var done atomic.Int64
	var working sync.WaitGroup
	for range 2 {
		k := NewKeeper(store, slog.New(slog.DiscardHandler))
		for range 4 {
			working.Go(func() {
				for range 200 {
					p, err := k.Get(t.Context(), org)
					if err == nil {
						_, err = k.Set(t.Context(), org, p.Revision, nil, "ada")
					}
					switch {
					case err == nil:
						done.Add(1)
					case !errors.Is(err, events.ErrPrivacyConflict):
						t.Error(err)
					}
				}
			})
		}
	}
	working.Wait()
	kept, err := store.PrivacyRules(t.Context())
	require.NoError(t, err)
	require.Equal(t, done.Load(), kept[0].Revision)
}

// TestRulesThatAreOlderInTheDatabaseCanBeSetAtOnce comes before Run has given them back.
func TestRulesThatAreOlderInTheDatabaseCanBeSetAtOnce(t *testing.T) {
	folder, store := t.TempDir(), memory.New(time.Now)
	k := NewKeeper(store, slog.New(slog.DiscardHandler))
	require.NoError(t, k.Beside(folder))
	_, err := k.Set(t.Context(), org, 0, []events.PrivacyRule{drop("secret")}, "ada")
	require.NoError(t, err)
	empty := memory.New(time.Now)
	again := NewKeeper(empty, slog.New(slog.DiscardHandler))
	require.NoError(t, again.Beside(folder))
	_, err = again.Set(t.Context(), org, 1, nil, "ada")
	require.NoError(t, err)
	kept, err := empty.PrivacyRules(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, 2, kept[0].Revision)
}
