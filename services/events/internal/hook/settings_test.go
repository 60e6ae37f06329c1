package hook_test

import (
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"devtrail.dev/services/events/internal/hook"
)

func TestAFileWithMistakesIsRefusedWithTheHooksNamed(t *testing.T) {
	for name, c := range map[string]struct{ content, want string }{
		"no secret":             {`[{"id": "shop", "organization": "` + organization + `", "provider": "github"}]`, `hook 1, id "shop": it has no secret`},
		"an empty secret":       {`[{"id": "shop", "organization": "` + organization + `", "provider": "github", "secret": ""}]`, `id "shop": it has no secret`},
		"only the one before":   {`[{"id": "shop", "organization": "` + organization + `", "provider": "github", "previous_secret": "x"}]`, `id "shop": it has no secret`},
		"an absent secret file": {`[{"id": "shop", "organization": "` + organization + `", "provider": "github", "secret_file": "absent"}]`, `id "shop": read secret_file`},
		"two secrets":           {`[{"id": "shop", "organization": "` + organization + `", "provider": "github", "secret": "x", "secret_file": "y"}]`, `id "shop": secret and secret_file are both set`},
		"no organization":       {`[{"id": "shop", "provider": "github", "secret": "hush"}]`, `id "shop": the organization "" is not a UUID`},
		"another provider":      {`[{"id": "shop", "organization": "` + organization + `", "provider": "sourceforge", "secret": "hush"}]`, `the provider "sourceforge" is none of bitbucket, forgejo, gitea, github, gitlab, gogs`},
		"an id with a slash":    {`[{"id": "a/b", "organization": "` + organization + `", "provider": "github", "secret": "hush"}]`, `id "a/b": the id is not`},
		"an id twice":           {`[{"id": "a", "organization": "` + organization + `", "provider": "github", "secret": "hush"}, {"id": "a", "organization": "` + organization + `", "provider": "gitlab", "secret": "hush"}]`, `hook 2, id "a": the id is there twice`},
		"a field mistyped":      {`[{"id": "a", "organisation": "x", "secret": "hush"}]`, `unknown field "organisation"`},
		"a secret mistyped":     {`[{"id": "a", "secret": {"hush": "hush"}}]`, `secret`},
		"no list":               {`{}`, "read the hooks"},
		"more after the list":   {`[] []`, "more after the list"},
		"nothing":               {``, "read the hooks"},
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "hooks.json")
			require.NoError(t, os.WriteFile(file, []byte(c.content), 0o600))
			_, err := hook.New(file, hook.Deps{Intake: &intake{}, Logger: slog.New(slog.DiscardHandler), Now: time.Now, Registry: prometheus.NewRegistry()})
			require.ErrorContains(t, err, c.want)
			require.ErrorContains(t, err, "EVENTS_HOOKS_FILE")
			require.NotContains(t, err.Error(), "hush")
		})
	}
}

func TestAChangedFileIsReadAgain(t *testing.T) {
	f := setup(t)
	deliver := func(key string) int {
		return f.post("/hooks/github/github", ping, "X-GitHub-Event", "ping", "X-Hub-Signature-256", "sha256="+sum(key, ping)).Code
	}
	one := func(secret string) []map[string]string {
		return []map[string]string{{"id": "github", "organization": organization, "provider": "github", "secret": secret}}
	}
	require.Equal(t, http.StatusAccepted, deliver(secret))
	f.write(one("new"))
	require.Equal(t, http.StatusUnauthorized, deliver("new"), "the file is looked at once a second")
	f.advance(time.Second)
	require.Equal(t, http.StatusAccepted, deliver("new"))
	require.Equal(t, http.StatusUnauthorized, deliver(secret))
	require.InDelta(t, 1, f.count("devtrail_hooks"), 0)

	f.write("{ broken")
	f.advance(time.Second)
	require.Equal(t, http.StatusAccepted, deliver("new"), "a broken file leaves the hooks as they were")
	require.Zero(t, f.count("devtrail_hooks_file_good"))
	f.write(`[{"id": "github", "organization": "` + organization + `", "provider": "github"}]`)
	f.advance(time.Second)
	require.Equal(t, http.StatusAccepted, deliver("new"), "a hook is never taken without a secret")

	f.write(one("newest"))
	f.advance(time.Second)
	require.Equal(t, http.StatusAccepted, deliver("newest"))
	require.InDelta(t, 1, f.count("devtrail_hooks_file_good"), 0)
	require.NoError(t, os.Remove(f.file))
	f.advance(time.Second)
	require.Equal(t, http.StatusAccepted, deliver("newest"), "a file that is gone leaves the hooks as they were")
	f.write("[]")
	f.advance(time.Second)
	require.Equal(t, http.StatusNotFound, deliver("newest"))
}

func TestASecretInAFileMayBeChangedThere(t *testing.T) {
	f := setup(t)
	path := filepath.Join(filepath.Dir(f.file), "github.secret")
	set := func(secret string, at time.Time) {
		require.NoError(t, os.WriteFile(path, []byte(secret+"\n"), 0o600))
		require.NoError(t, os.Chtimes(path, at, at))
	}
	set("first", time.Unix(1000, 0))
	f.write(fmt.Sprintf(`[{"id": "github", "organization": %q, "provider": "github", "secret_file": "github.secret"}]`, organization))
	f.advance(time.Second)
	deliver := func(key string) int {
		return f.post("/hooks/github/github", ping, "X-GitHub-Event", "ping", "X-Hub-Signature-256", "sha256="+sum(key, ping)).Code
	}
	require.Equal(t, http.StatusAccepted, deliver("first"))
	set("other", time.Unix(2000, 0))
	f.advance(time.Second)
	require.Equal(t, http.StatusAccepted, deliver("other"))
	require.Equal(t, http.StatusUnauthorized, deliver("first"))
}
