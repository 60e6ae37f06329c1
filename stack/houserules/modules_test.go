package houserules

import (
	"path"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// peerModule is the OpenTelemetry Collector that a benchmark compares with, which brings a hundred modules.
const peerModule = "bench/collector/otelcol"

var goLine = regexp.MustCompile(`(?m)^go (\S+)$`)

func TestEveryModuleHasTheGoLineOfTheWorkspace(t *testing.T) {
	tree := open(t)
	want := goLine.FindStringSubmatch(tree.mustRead(t, "go.work"))
	require.NotNil(t, want)
	for _, file := range tree.files("go.mod") {
		got := goLine.FindStringSubmatch(tree.mustRead(t, file))
		if assert.NotNilf(t, got, "%s has no go line", file) && !strings.HasPrefix(file, "tools/") {
			assert.Equalf(t, want[1], got[1], "%s: all modules name the same Go version as go.work", file)
		}
	}
}

func TestEveryModuleIsInTheWorkspace(t *testing.T) {
	tree := open(t)
	work := tree.mustRead(t, "go.work")
	for _, file := range tree.files("go.mod") {
		dir := path.Dir(file)
		if strings.HasPrefix(dir, "tools") || dir == peerModule {
			// Their dependencies must not move ours.
			assert.NotContainsf(t, work, "./"+dir, "%s stays out of go.work", dir)
			continue
		}
		assert.Regexpf(t, `(?m)^\s+\./`+regexp.QuoteMeta(dir)+`$`, work, "module %s is not in go.work, so `go test work` would not test it", dir)
	}
}

func TestModulesAreNamedAfterTheirFolder(t *testing.T) {
	tree := open(t)
	for _, file := range tree.files("go.mod") {
		line, _, _ := strings.Cut(tree.mustRead(t, file), "\n")
		assert.Equal(t, "module devtrail.dev/"+path.Dir(file), strings.TrimSpace(line), file)
	}
}

var (
	requireSibling = regexp.MustCompile(`(?m)^(?:require)?\s*(devtrail\.dev/\S+) v`)
	replaceSibling = regexp.MustCompile(`(?m)^(?:replace)?\s*(devtrail\.dev/\S+) => (\S+)`)
)

func TestSiblingsAreReplacedByTheirFolder(t *testing.T) {
	tree := open(t)
	for _, file := range tree.files("go.mod") {
		text := tree.mustRead(t, file)
		folders := map[string]string{}
		for _, m := range replaceSibling.FindAllStringSubmatch(text, -1) {
			folders[m[1]] = m[2]
		}
		for _, m := range requireSibling.FindAllStringSubmatch(text, -1) {
			name, dir := m[1], strings.TrimPrefix(m[1], "devtrail.dev/")
			if assert.Containsf(t, folders, name, "%s requires %s without a replace: `go mod tidy` and containers build without go.work", file, name) {
				assert.Equalf(t, dir, path.Join(path.Dir(file), folders[name]), "%s: replace of %s", file, name)
			}
		}
	}
}
