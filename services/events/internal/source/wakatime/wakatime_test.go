package wakatime

import (
	"encoding/json"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"devtrail.dev/services/events"
	"devtrail.dev/services/events/internal/ingest"
	"devtrail.dev/services/events/internal/source/sourcetest"
)

var sender = Sender{
	Credential: "key-1", Machine: "ada-laptop", TimeZone: "Europe/Berlin", Received: time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC),
	UserAgent: "wakatime/v1.102.1 (linux-6.8.0-45-generic-x86_64) go1.23.1 vscode/1.93.1 vscode-wakatime/24.6.2",
}

const beat = `{"branch": "main", "category": "coding", "cursorpos": 12, "dependencies": ["yaml", "left_pad"], "entity": "/src/app/main.py",
	"is_write": true, "language": "Python", "lineno": 42, "lines": 100, "project": "app", "type": "file", "time": 1585598059.123456, "ai_line_changes": 3}`

func TestAHeartbeat(t *testing.T) {
	h, err := One([]byte(beat), sender)
	require.NoError(t, err)
	e, err := h.Draft.Event.Canonical(sender.Received)
	require.NoError(t, err)
	require.Equal(t, "editor.heartbeat", e.Name)
	require.Equal(t, time.Date(2020, 3, 30, 19, 54, 19, 123456000, time.UTC), e.OccurredAt)
	require.Equal(t, events.Source{Kind: events.SourceEditor, Tool: "vscode", ToolVersion: "1.93.1", Machine: "ada-laptop"}, e.Source)
	require.Equal(t, events.Identity{Kind: machine, Value: "ada-laptop"}, e.Actor)
	require.Equal(t, "app", e.Project)
	require.Empty(t, e.Packages, "an import is not a package")
	var properties map[string]any
	require.NoError(t, json.Unmarshal([]byte(e.Properties), &properties))
	require.Equal(t, []any{"yaml", "left_pad"}, properties["imports"])
	require.Equal(t, "linux", properties["os"])
	require.Equal(t, "vscode-wakatime/24.6.2", properties["plugin"])
	require.InDelta(t, 3, properties["original"].(map[string]any)["ai_line_changes"], 0)
}

// TestTheExtensionOfABrowser has a heartbeat as the extension for Chrome sends it: the time is a text, the agent is in plugin, and the header that of the browser.
func TestTheExtensionOfABrowser(t *testing.T) {
	s := sender
	s.UserAgent = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36"
	list, err := Many([]byte(`[{"branch": "<<LAST_BRANCH>>", "entity": "https://github.com/acme/web/pull/7", "id": "5b0c3a5e-0000-4000-8000-000000000001", "project": "web",
		"time": "1777636800.500", "type": "url", "plugin": "Chrome/131.0.0.0 linux_x86-64 chrome-wakatime/4.1.0"}]`), s)
	require.NoError(t, err)
	e, err := list[0].Draft.Event.Canonical(sender.Received)
	require.NoError(t, err)
	require.Equal(t, events.Source{Kind: events.SourceBrowser, Tool: "Chrome", ToolVersion: "131.0.0.0", Machine: "ada-laptop"}, e.Source)
	require.Contains(t, e.Properties, `"plugin":"chrome-wakatime/4.1.0"`)
	require.Equal(t, time.UnixMilli(1777636800500).UTC(), e.OccurredAt)
}

// TestTheNameOfAMachine has names as wakatime-cli encodes them, and as those that do not encode send them.
func TestTheNameOfAMachine(t *testing.T) {
	browser := "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36"
	for _, c := range []struct{ header, agent, name string }{
		{"Ada%E2%80%99s+MacBook+Pro", sender.UserAgent, "Ada\u2019s MacBook Pro"},
		{"J%C3%B6rg-PC.fritz.box", sender.UserAgent, "J\u00f6rg-PC.fritz.box"},
		{"100%", sender.UserAgent, "100%"},
		{"Ada+Bob", browser, "Ada+Bob"},
	} {
		s := sender
		s.Machine, s.UserAgent = c.header, c.agent
		h, err := One([]byte(beat), s)
		require.NoError(t, err)
		e, err := h.Draft.Event.Canonical(sender.Received)
		require.NoError(t, err)
		require.Equal(t, c.name, e.Source.Machine)
		require.Equal(t, events.Identity{Kind: machine, Value: c.name}, e.Actor)
	}
}

func TestImportsAreKeptToTheLimitOfThePlugins(t *testing.T) {
	imports := func(dependencies string) any {
		h, err := One([]byte(strings.Replace(beat, `["yaml", "left_pad"]`, dependencies, 1)), sender)
		require.NoError(t, err)
		e, err := h.Draft.Event.Canonical(sender.Received)
		require.NoError(t, err)
		var properties map[string]any
		require.NoError(t, json.Unmarshal([]byte(e.Properties), &properties))
		require.Contains(t, properties, "original")
		return properties["imports"]
	}
	long := `"` + strings.Repeat("\u00e9", maxImportLength+1) + `"`
	require.Len(t, imports(`[`+strings.Repeat(long+`,`, maxImports-1)+long+`]`), maxImports)
	require.Len(t, imports(`[`+strings.Repeat(`"a",`, maxImports)+`"b"]`), maxImports)
	require.Nil(t, imports(`[]`))
	require.Nil(t, imports(`["", {}, "\u0007"]`))
}

func TestWhatMakesTwoHeartbeatsOne(t *testing.T) {
	id := func(body string, s Sender) string {
		h, err := One([]byte(body), s)
		require.NoError(t, err)
		require.NoError(t, h.Draft.Err)
		return h.Draft.Event.ID.String()
	}
	first := id(beat, sender)
	require.Equal(t, first, id(strings.Replace(beat, `"lineno": 42`, `"lineno": 43`, 1), sender))
	elsewhere := sender
	elsewhere.Credential = "key-2"
	require.NotEqual(t, first, id(beat, elsewhere))
	for _, change := range [][2]string{{"main.py", "b.py"}, {"059.123456", "060"}, {`"main"`, `"dev"`}, {"coding", "debugging"}, {"true", "false"}, {`"app"`, `"b"`}, {`"file"`, `"app"`}} {
		require.NotEqual(t, first, id(strings.Replace(beat, change[0], change[1], 1), sender), change[0])
	}
}

func TestAPlaceHolderIsNoProject(t *testing.T) {
	h, err := One([]byte(`{"entity": "https://example.org", "type": "domain", "time": 1585598059, "project": "<<LAST_PROJECT>>", "branch": "<<LAST_BRANCH>>", "language": "<<LAST_LANGUAGE>>"}`), sender)
	require.NoError(t, err)
	require.NoError(t, h.Draft.Err)
	require.Empty(t, h.Draft.Event.Project)
	var properties map[string]any
	require.NoError(t, json.Unmarshal([]byte(h.Draft.Event.Properties), &properties))
	require.NotContains(t, properties, "branch")
	require.NotContains(t, properties, "language")
	without, err := One([]byte(`{"entity": "https://example.org", "type": "domain", "time": 1585598059}`), sender)
	require.NoError(t, err)
	require.NotEqual(t, without.Draft.Event.ID, h.Draft.Event.ID, "what was sent tells heartbeats apart")
}

func TestANameOfAProjectMayHaveAColon(t *testing.T) {
	for name, want := range map[string]string{
		"shop: api":                         "shop: api",
		"work:billing":                      "work:billing",
		"git@github.com:Octo/Hello.git":     "github.com/octo/hello",
		"https://github.com/Octo/Hello.git": "github.com/octo/hello",
	} {
		h, err := One([]byte(strings.Replace(beat, `"app"`, `"`+name+`"`, 1)), sender)
		require.NoError(t, err)
		require.Equal(t, want, h.Draft.Event.Project, name)
	}
}

// TestAProjectOfAGitRemote has what wakatime-cli makes of addresses of remotes with project_from_git_remote.
func TestAProjectOfAGitRemote(t *testing.T) {
	for name, want := range map[string]string{
		"//github.com/Octo/Hello":                             "github.com/octo/hello",
		"//ada:secret@github.com/Octo/Hello":                  "github.com/octo/hello",
		"//oauth2:secret@git.example.org:8443/group/sub/name": "git.example.org/group/sub/name",
		"//git@git.example.org:22/group/name":                 "git.example.org/group/name",
		"https://ada:secret@github.com/Octo/Hello.git":        "github.com/octo/hello",
		"Octo/Hello": "Octo/Hello",
	} {
		h, err := One([]byte(strings.Replace(beat, `"app"`, `"`+name+`"`, 1)), sender)
		require.NoError(t, err)
		require.Equal(t, want, h.Draft.Event.Project, name)
		require.NotContains(t, h.Draft.Event.Properties, "secret", name)
	}
}

func TestAListOfTooManyIsNotRead(t *testing.T) {
	var before, after runtime.MemStats
	body := []byte("[" + strings.Repeat("0,", 1<<19) + "0]")
	runtime.ReadMemStats(&before)
	_, err := Many(body, sender)
	runtime.ReadMemStats(&after)
	require.ErrorContains(t, err, "524289 heartbeats")
	require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(1<<20))
}

func TestABadHeartbeatDoesNotTakeOthersAlong(t *testing.T) {
	list, err := Many([]byte(`[`+beat+`, {"entity": "a", "time": "soon"}, {"time": 1}, 7, null, {"entity": "HIDDEN.py", "type": "file", "time": 1585598060, "project": null}]`), sender)
	require.NoError(t, err)
	require.Len(t, list, 6)
	for i, bad := range []bool{false, true, true, true, true, false} {
		require.Equal(t, bad, list[i].Draft.Err != nil, i)
	}
	require.Equal(t, "HIDDEN.py", list[5].Entity)
	for _, body := range []string{`{}`, `7`, `null`, ``, `[` + strings.Repeat("{},", MaxHeartbeats) + `{}]`} {
		_, err := Many([]byte(body), sender)
		require.ErrorIs(t, err, ErrBody, body)
	}
	_, err = One([]byte(`[]`), sender)
	require.ErrorIs(t, err, ErrBody)
}

func TestAddressesAreKeptWithoutCredentials(t *testing.T) {
	for entity, want := range map[string]string{
		"ssh://ada:secret@192.168.1.2/path/main.go":     "ssh://192.168.1.2/path/main.go",
		"https://secret@github.com/a/b?token=secret#x":  "https://github.com/a/b",
		"https://ada:se%zzcret@example.com/a?b=secret":  "https://example.com/a",
		"sftp://ada:sec/ret@example.com:22/a":           "sftp://example.com:22/a",
		"view-source:https://ada:secret@example.com/a":  "view-source:https://example.com/a",
		"jar:https://ada:secret@example.com/a.jar!/b":   "jar:https://example.com/a.jar!/b",
		"https://example.org/https://ada:secret@host/a": "https://example.org/https://host/a",
		"/bin/curl https://ada:secret@example.com/a":    "/bin/curl https://example.com/a",
		"/src/what?/main.go":                            "/src/what?/main.go",
		"c:\\users\\ada\\main.go":                       "c:\\users\\ada\\main.go",
		"vscode-remote://wsl%2Bubuntu/src/main.go":      "vscode-remote://wsl%2Bubuntu/src/main.go",
	} {
		got := withoutCredentials(entity)
		require.NotContains(t, got, "secret")
		if !strings.Contains(entity, "%") {
			require.Equal(t, want, got)
		}
	}
	h, err := One([]byte(`{"entity": "ssh://ada:secret@host/a", "time": 1585598060}`), sender)
	require.NoError(t, err)
	require.NotContains(t, h.Draft.Event.Properties, "secret")
}

func TestAgents(t *testing.T) {
	for text, want := range map[string]agent{
		"wakatime/13.0.6": {},
		"wakatime/v1.45.3 (darwin-22.1.0-arm64) go1.19.1 IntelliJIDEA/2022.2 IntelliJIDEA-wakatime/14.1.4":                 {"darwin", "IntelliJIDEA", "2022.2", "IntelliJIDEA-wakatime/14.1.4"},
		"Chrome/120.0 (linux) chrome-wakatime/3.0.1":                                                                       {"linux", "chrome", "", "chrome-wakatime/3.0.1"},
		"wakatime/v1.139.1 (darwin-25.2.0-arm64) go1.25.5 helix/25.07.1 (74075bb5) wakatime-ls/0.2.2 helix-wakatime/0.2.2": {"darwin", "helix", "25.07.1", "helix-wakatime/0.2.2"},
		"wakatime/v1.98.3 (linux-6.8.0-x86_64) go1.22.5 wakatime-zsh-plugin/0.2.2":                                         {"linux", "wakatime-zsh-plugin", "0.2.2", "wakatime-zsh-plugin/0.2.2"},
		"wakatime/v1 (windows": {},
		"":                     {},
	} {
		require.Equal(t, want, parseAgent(text), text)
	}
}

func FuzzMany(f *testing.F) {
	f.Add([]byte(beat), "")
	f.Add([]byte(`[`+beat+`]`), "wakatime/v1 (linux-1-x) go1 vim/9 vim-wakatime/1")
	f.Add([]byte(`[{"entity": "a://b:c@d", "time": 1e300, "dependencies": [1, {}]}]`), "")
	f.Fuzz(func(t *testing.T, body []byte, agent string) {
		s := sender
		s.UserAgent = agent
		sourcetest.Bounded(t, body, func() (drafts []ingest.Draft, err error) {
			list, err := Many(body, s)
			if one, oneErr := One(body, s); err != nil && oneErr == nil {
				list = []Heartbeat{one}
			}
			for _, h := range list {
				drafts = append(drafts, h.Draft)
				if h.Draft.Err != nil {
					continue
				}
				if _, err := h.Draft.Event.Canonical(sender.Received); err != nil {
					t.Fatalf("a heartbeat that cannot be kept: %v", err)
				}
			}
			return drafts, nil
		})
	})
}
