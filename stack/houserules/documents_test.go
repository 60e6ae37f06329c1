package houserules

import (
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
)

var (
	codeSpan = regexp.MustCompile("`([^`\n]+)`")
	link     = regexp.MustCompile(`\]\(([^)#\s]+)(?:#[^)]*)?\)`)
	pathLike = regexp.MustCompile(`^\.?[A-Za-z0-9_.*-]+(/[A-Za-z0-9_.*-]+)*/?$`)
)

// written are files that exist only after something ran.
var written = regexp.MustCompile(`^(\.devtrail|\.bin|\.env)(/|$)`)

func TestPathsInDocumentsExist(t *testing.T) {
	tree := open(t)
	top := map[string]bool{}
	for _, file := range tree.Files {
		if first, _, ok := strings.Cut(file, "/"); ok {
			top[first] = true
		}
	}
	for _, file := range tree.files("*.md") {
		text := tree.mustRead(t, file)
		for _, m := range link.FindAllStringSubmatch(text, -1) {
			if strings.Contains(m[1], "://") || strings.HasPrefix(m[1], "mailto:") {
				continue
			}
			assert.Truef(t, tree.exists(path.Join(path.Dir(file), m[1])), "%s links to %s, which does not exist", file, m[1])
		}
		for _, m := range codeSpan.FindAllStringSubmatch(text, -1) {
			name := strings.TrimPrefix(m[1], "./")
			first, _, hasSlash := strings.Cut(name, "/")
			if !hasSlash || !top[first] || !pathLike.MatchString(name) || written.MatchString(name) {
				continue
			}
			assert.Truef(t, tree.exists(name) || tree.exists(path.Join(path.Dir(file), name)), "%s names `%s`, which does not exist", file, m[1])
		}
	}
}

// exists also takes patterns and names of Go packages' members.
func (t Tree) exists(name string) bool {
	matches, err := filepath.Glob(filepath.Join(t.Root, name))
	return err == nil && len(matches) > 0
}

var homeFolder = regexp.MustCompile(`/(home|Users)/[A-Za-z][\w.-]*/`)

func TestNothingNamesAMachinesPath(t *testing.T) {
	tree := open(t)
	for _, file := range tree.Files {
		data, err := os.ReadFile(filepath.Join(tree.Root, file))
		if err != nil || !utf8.Valid(data) || strings.Contains(file, "/testdata/") {
			continue
		}
		text := string(data)
		assert.NotContainsf(t, text, tree.Root+"/", "%s names the folder of this checkout: use a path from the root", file)
		for _, found := range homeFolder.FindAllString(text, 3) {
			assert.Failf(t, "a home folder", "%s names %s: use a path from the root", file, found)
		}
	}
}
