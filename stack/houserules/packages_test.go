package houserules

import (
	"go/parser"
	"go/token"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// imports lists what a Go file imports.
func (t Tree) imports(tb testing.TB, file string) []string {
	tb.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), filepath.Join(t.Root, file), nil, parser.ImportsOnly)
	require.NoError(tb, err)
	var list []string
	for _, spec := range parsed.Imports {
		name, err := strconv.Unquote(spec.Path.Value)
		require.NoError(tb, err)
		list = append(list, name)
	}
	return list
}

func TestEveryPackageHasOneComment(t *testing.T) {
	tree := open(t)
	comments := map[string][]string{}
	for _, file := range tree.files("*.go") {
		if Generated(file) || strings.HasSuffix(file, "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), filepath.Join(tree.Root, file), nil, parser.PackageClauseOnly|parser.ParseComments)
		require.NoError(t, err)
		dir := path.Dir(file)
		if _, ok := comments[dir]; !ok {
			comments[dir] = nil
		}
		if parsed.Doc != nil && strings.TrimSpace(parsed.Doc.Text()) != "" { // directives alone have no text
			comments[dir] = append(comments[dir], file)
		}
	}
	for dir, files := range comments {
		assert.Lenf(t, files, 1, "package %s: it needs exactly one package comment, which says what it is for and where it sits on the path of a request", dir)
	}
}

// arrow says what packages of ours a part of the tree may import. The first
// row whose prefix fits a folder counts.
type arrow struct {
	from string   // folder prefix
	test bool     // the row is for test files
	to   []string // prefixes of import paths below devtrail.dev/
}

// arrows: cmd -> stack -> services/*/server -> internal -> service root -> kit -> proto.
var arrows = []arrow{
	{from: "proto/", to: []string{"proto"}},
	{from: "clients/", to: []string{"clients", "proto"}}, // what others depend on depends on little
	{from: "kit/dbtest", to: []string{"kit", "proto", "stack/engines"}},
	{from: "kit/", test: true, to: []string{"kit", "proto"}},
	{from: "kit/", to: []string{"kit", "proto"}},
	{from: "stack/engines", to: []string{"stack/engines"}},
	{from: "stack/e2e", test: true, to: []string{"stack", "kit", "proto", "clients", "services/migrations/server", "services/identity/server", "services/packages/server", "services/events/server"}},
	{from: "stack/", to: []string{"stack", "kit", "proto", "services/migrations/server", "services/identity/server", "services/packages/server", "services/events/server"}},
	{from: "services/migrations", test: true, to: []string{ // servers of a test's own are killed, filled up and put into clusters
		"services/migrations", "services/identity/migrations", "services/packages/migrations", "services/events/migrations", "kit", "proto", "stack/engines",
	}},
	{from: "services/migrations", to: []string{
		"services/migrations", "services/identity/migrations", "services/packages/migrations", "services/events/migrations", "kit", "proto",
	}},
	{from: "services/identity", to: []string{"services/identity", "kit", "proto"}},
	{from: "services/packages/manifest", test: true, to: []string{"services/packages/manifest", "kit/fault", "kit/purl", "kit/corpus", "kit/leaktest"}},
	{from: "services/packages/manifest", to: []string{"services/packages/manifest", "kit/fault", "kit/purl"}},
	{from: "services/packages", to: []string{"services/packages", "kit", "proto"}},
	{from: "services/events/torture", to: []string{"services/events", "kit", "proto", "stack/engines"}}, // engines of a run are killed
	{from: "services/events", to: []string{"services/events", "kit", "proto"}},
	{from: "cmd/devtrail", test: true, to: []string{"cmd/devtrail", "stack", "services/packages/manifest", "services/migrations/lint", "services/migrations/server", "kit", "proto", "bench/gitfixture"}},
	{from: "cmd/devtrail", to: []string{"cmd/devtrail", "stack", "services/packages/manifest", "services/migrations/lint", "kit", "proto"}},
	{from: "bench/", to: []string{"bench", "cmd", "stack", "services", "kit", "proto"}},
	{from: "tools/", to: []string{"tools"}},
}

func TestImportsFollowTheArrows(t *testing.T) {
	tree := open(t)
	for _, file := range tree.files("*.go") {
		i := slices.IndexFunc(arrows, func(a arrow) bool {
			return strings.HasPrefix(file, a.from) && (!a.test || strings.HasSuffix(file, "_test.go"))
		})
		if !assert.GreaterOrEqualf(t, i, 0, "%s: a new part of the tree needs a row in arrows, in %s", file, "stack/houserules") {
			continue
		}
		for _, name := range tree.imports(t, file) {
			ours, ok := strings.CutPrefix(name, "devtrail.dev/")
			if !ok {
				continue
			}
			assert.Truef(t, slices.ContainsFunc(arrows[i].to, func(to string) bool {
				return ours == to || strings.HasPrefix(ours, to+"/")
			}), "%s imports %s: from %s one may import only %v. Arrows point one way: cmd, stack, services, kit, proto",
				file, name, arrows[i].from, arrows[i].to)
		}
	}
}

func TestInnerRoomsKeepToThemselves(t *testing.T) {
	tree := open(t)
	for _, file := range tree.files("*.go") {
		parts := strings.Split(file, "/")
		// services/<name>/<file>.go is the root package: nouns and rules.
		if len(parts) != 3 || parts[0] != "services" || strings.HasSuffix(file, "_test.go") {
			continue
		}
		for _, name := range tree.imports(t, file) {
			assert.NotContainsf(t, name, "/internal/", "%s imports %s: the root of a service holds its nouns and rules and knows no technology", file, name)
			if name == "devtrail.dev/proto/gen/devtrail/access/v1" {
				continue // roles are words that contract and rules share
			}
			assert.NotContainsf(t, name, "devtrail.dev/proto/", "%s imports %s: messages are turned into nouns in internal/rpc", file, name)
		}
	}
}

func TestMigrationsPackagesOnlyEmbed(t *testing.T) {
	tree := open(t)
	for _, file := range tree.files("*.go") {
		if ok, _ := path.Match("services/*/migrations/*.go", file); !ok || strings.HasSuffix(file, "_test.go") {
			continue
		}
		for _, name := range tree.imports(t, file) {
			assert.Containsf(t, []string{"embed", "io/fs"}, name,
				"%s imports %s: a migrations package imports only embed and io/fs, since another service imports it", file, name)
		}
	}
}
