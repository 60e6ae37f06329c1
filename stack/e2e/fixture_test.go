package e2e

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// fixture makes a repository with a known history: three people, one of them
// under two addresses (.mailmap), lock files of three ecosystems, a branch and
// its merge, commits at equal times.
func fixture(tb testing.TB) string {
	tb.Helper()
	dir := filepath.Join(tb.TempDir(), "shop")
	git := func(stdin string, args ...string) {
		cmd := exec.CommandContext(tb.Context(), "git", args...)
		cmd.Stdin = strings.NewReader(stdin)
		out, err := cmd.CombinedOutput()
		require.NoError(tb, err, string(out))
	}
	git("", "init", "--quiet", "--initial-branch=main", dir)
	git(fixtureStream(), "-C", dir, "fast-import", "--quiet")
	git("", "-C", dir, "reset", "--quiet", "--hard", "main")
	git("", "-C", dir, "remote", "add", "origin", "https://git.example.com/acme/shop.git")
	return dir
}

// authors of the fixture, by turns.
var authors = []string{"Ada <ada@example.com>", "Bo <bo@example.com>", "Cy <cy@example.com>", "Ada <ada@home.example.com>"}

// fixtureStream is the history in the format of git fast-import.
func fixtureStream() string {
	var s strings.Builder
	mark := 0
	commit := func(branch, author, from, merge string, at int, files map[string]string) int {
		mark++
		fmt.Fprintf(&s, "commit refs/heads/%s\nmark :%d\nauthor %s %d +0100\ncommitter %s %d +0100\ndata <<.\nchange %d\n.\n",
			branch, mark, author, at, author, at, mark)
		for _, parent := range []struct{ verb, of string }{{"from", from}, {"merge", merge}} {
			if parent.of != "" {
				fmt.Fprintf(&s, "%s %s\n", parent.verb, parent.of)
			}
		}
		for _, name := range []string{".mailmap", "go.mod", "web/package-lock.json", "tools/requirements.txt", "main.go"} {
			if text, ok := files[name]; ok {
				fmt.Fprintf(&s, "M 100644 inline %s\ndata %d\n%s\n", name, len(text), text)
			}
		}
		s.WriteByte('\n')
		return mark
	}
	at := func(n int) int { return 1_735_689_600 + n/2*36_000 } // pairs of commits share a second
	tip := commit("main", authors[0], "", "", at(0), map[string]string{".mailmap": "Ada <ada@example.com> <ada@home.example.com>\n", "main.go": "package main\n"})
	for n := 1; n <= 40; n++ {
		tip = commit("main", authors[n%len(authors)], fmt.Sprintf(":%d", tip), "", at(n), map[string]string{
			"main.go": fmt.Sprintf("package main // %d\n", n), "go.mod": goMod(n), "web/package-lock.json": npmLock(n), "tools/requirements.txt": requirements(n),
		})
	}
	side := commit("side", authors[1], fmt.Sprintf(":%d", tip), "", at(41), map[string]string{"tools/requirements.txt": requirements(99)})
	tip = commit("main", authors[2], fmt.Sprintf(":%d", tip), "", at(42), map[string]string{"main.go": "package main // side by side\n"})
	commit("main", authors[0], fmt.Sprintf(":%d", tip), fmt.Sprintf(":%d", side), at(43), map[string]string{"tools/requirements.txt": requirements(99)})
	return s.String()
}

func goMod(n int) string {
	text := fmt.Sprintf("module example.com/shop\n\ngo 1.24\n\nrequire (\n\tgithub.com/google/uuid v1.%d.0\n", n/3)
	if n%5 != 0 {
		text += "\tgolang.org/x/sync v0.10.0\n"
	}
	return text + ")\n"
}

func npmLock(n int) string {
	var packages []string
	for i := n % 4; i < n%4+3; i++ {
		packages = append(packages, fmt.Sprintf("\"node_modules/lib-%d\": {\"version\": \"1.%d.0\"}", i, n/10))
	}
	return fmt.Sprintf("{\"name\": \"shop\", \"version\": \"1.0.0\", \"lockfileVersion\": 3, \"packages\": {\"\": {\"name\": \"shop\"}, %s}}\n", strings.Join(packages, ", "))
}

func requirements(n int) string {
	return fmt.Sprintf("requests==2.%d.0\nDjango==5.%d\n", n/2, n/7)
}
