package commandline

import (
	"fmt"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/require"
)

func requests(script string) []Request { return Parse(script).Requests }

func programs(script string) []string { return Parse(script).Programs }

func TestRequests(t *testing.T) {
	for script, want := range map[string][]string{
		// Node
		"npm install left-pad":    {"npm install pkg:npm/left-pad"},
		"npm i -D @types/node@20": {"npm i pkg:npm/%40types/node"},
		"npm install react@18.2.0 --save-exact vue@^3 lodash@latest": {"npm install pkg:npm/react@18.2.0 pkg:npm/vue pkg:npm/lodash"},
		"npm ci && npm install":                                  nil,
		"npm install my-alias@npm:left-pad@1.3.0":                {"npm install pkg:npm/left-pad@1.3.0"},
		"npm i ./local ../x.tgz":                                 {"npm i elsewhere ./local ../x.tgz"},
		"npm install git+https://user:tok@github.com/a/b.git#v1": {"npm install elsewhere git+https://github.com/a/b.git"},
		"npm --prefix web install a":                             {"npm install pkg:npm/a"},
		"pnpm --filter web add zod":                              {"pnpm add pkg:npm/zod"},
		"yarn global add typescript":                             {"yarn global add pkg:npm/typescript"},
		"bun add hono":                                           {"bun add pkg:npm/hono"},
		"npx --yes create-react-app@5.0.1 my-app":                {"npx  pkg:npm/create-react-app@5.0.1"},
		"npx -p typescript tsc --init":                           {"npx  pkg:npm/typescript"},
		"pnpm dlx shadcn add button":                             {"pnpm dlx pkg:npm/shadcn"},
		"npm run install":                                        nil,
		// Python
		"pip install requests==2.31.0 'flask[async]>=2' django":                {"pip install pkg:pypi/requests@2.31.0 pkg:pypi/flask pkg:pypi/django"},
		"pip install -r requirements.txt":                                      nil,
		"python3 -m pip install -U Foo_Bar":                                    {"pip install pkg:pypi/foo-bar"},
		"pip3 install --index-url https://u:p@pypi.example.com/simple?x=1 pkg": {"pip3 install pkg:pypi/pkg from https://pypi.example.com/simple"},
		"pip install --extra-index-url=https://tok@x.example/ a":               {"pip install pkg:pypi/a from https://x.example/"},
		"pip install -e . git+ssh://git@github.com/a/b":                        {"pip install elsewhere . git+ssh://github.com/a/b"},
		"uv add httpx 'ruff~=0.5; python_version > \"3\"'":                     {"uv add pkg:pypi/httpx pkg:pypi/ruff"},
		"uv pip install numpy":                                                 {"uv pip install pkg:pypi/numpy"},
		"uvx ruff@0.6.0 check .":                                               {"uvx  pkg:pypi/ruff@0.6.0"},
		"uvx --from httpie http":                                               {"uvx  pkg:pypi/httpie"},
		"poetry add --group dev pytest@^8":                                     {"poetry add pkg:pypi/pytest"},
		"pipx install black":                                                   {"pipx install pkg:pypi/black"},
		// Others
		"go get github.com/Foo/bar@v1.2.3":                                     {"go get pkg:golang/github.com/foo/bar@v1.2.3"},
		"go get -u ./... golang.org/x/net@none":                                {"go get elsewhere ./... golang.org/x/net@none"},
		"go install golang.org/x/tools/cmd/goimports@latest":                   {"go install pkg:golang/golang.org/x/tools/cmd/goimports"},
		"cargo add serde@1.0 --features derive":                                {"cargo add pkg:cargo/serde"},
		"cargo add tokio@=1.40.0":                                              {"cargo add pkg:cargo/tokio@1.40.0"},
		"cargo install ripgrep --version 14.1.0":                               {"cargo install pkg:cargo/ripgrep@14.1.0"},
		"cargo add foo --git https://t@git.example/foo":                        {"cargo add elsewhere https://git.example/foo"},
		"gem install rails -v 7.1.0":                                           {"gem install pkg:gem/rails@7.1.0"},
		"gem install rake:13.0 json":                                           {"gem install pkg:gem/rake@13.0 pkg:gem/json"},
		"bundle add puma --version '~> 6'":                                     {"bundle add pkg:gem/puma"},
		"composer require monolog/monolog:^3 psr/log":                          {"composer require pkg:composer/monolog/monolog pkg:composer/psr/log"},
		"composer require a/b:2.x c/d 1.2.3 e/f ^2.0 'g/h 1.0.*' i/j ext-json": {"composer require pkg:composer/a/b pkg:composer/c/d@1.2.3 pkg:composer/e/f pkg:composer/g/h pkg:composer/i/j"},
		"dotnet add src/App.csproj package Newtonsoft.Json --version 13.0.3":   {"dotnet package add pkg:nuget/Newtonsoft.Json@13.0.3"},
		// Scripts, and words that are no packages
		"npx -c 'mysql -psecret shop'":                                                            nil,
		"npx --yes --call='mysql -psecret shop'":                                                  nil,
		"npm exec -c 'npm i a && mysql -psecret shop'":                                            {"npm i pkg:npm/a"},
		"npm exec --package=foo --call 'foo --token secret'":                                      {"npm exec pkg:npm/foo"},
		"npx -p a -c 'pip install b; npx -c \"npm i c\" # secret'":                                {"npx  pkg:npm/a", "pip install pkg:pypi/b", "npm i pkg:npm/c"},
		"pnpm dlx -c 'mysql -psecret shop'":                                                       nil,
		"pnpm dlx --shell-mode 'npm i a && mysql -psecret shop'":                                  {"npm i pkg:npm/a"},
		"pnpm dlx --package a -c 'a --token secret'":                                              {"pnpm dlx pkg:npm/a"},
		"npx 'mysql -psecret shop'":                                                               nil,
		"uvx 'mysql -psecret shop'":                                                               nil,
		"pip install 'mysql>=1 -psecret' 'b>=1, <2 ; secret'":                                     {"pip install pkg:pypi/mysql pkg:pypi/b"},
		"gem install a -v 'secret shop'":                                                          {"gem install pkg:gem/a"},
		`npx 'curl -H "Authorization: Bearer secret" https://a.example'`:                          nil,
		"npm i 'https://a.example/b.tgz --token secret' c":                                        {"npm i pkg:npm/c"},
		"npm i --auth user:secret c":                                                              {"npm i pkg:npm/c"},
		"npm i a 'b;secret/c' '$(secret/c)' secret=/c":                                            {"npm i pkg:npm/a"},
		"npm i --registry 'https://r.example --token secret' c":                                   {"npm i pkg:npm/c"},
		"cargo add a --git 'ssh://git.example/a secret'":                                          nil,
		"npm i b@git+ssh://git:secret@git.example/b.git":                                          {"npm i elsewhere git+ssh://git.example/b.git"},
		"npm i a/b git@git.example:a/b.git#semver:^1 @a/b@file:../b c.tgz":                        {"npm i elsewhere a/b git.example:a/b.git file:../b c.tgz"},
		"pip install '.[dev]' 'b[x] @ https://u:secret@a.example/b.zip ; python_version > \"3\"'": {"pip install elsewhere .[dev] https://a.example/b.zip"},
		"uv add a --index own=https://u:secret@pypi.example/simple":                               {"uv add pkg:pypi/a from https://pypi.example/simple"},
		"pipx install --pip-args='--proxy https://u:secret@a.example --secret' a":                 {"pipx install pkg:pypi/a"},
		"bundle add a --path vendor":                                                              {"bundle add elsewhere vendor"},
		// Shells
		"cd web && npm i a; pip install b | tee log":                   {"npm i pkg:npm/a", "pip install pkg:pypi/b"},
		"sudo -u root env X=1 npm install -g a":                        {"npm install pkg:npm/a"},
		"bash -lc 'npm i a && (gem install b)'":                        {"npm i pkg:npm/a", "gem install pkg:gem/b"},
		"if ! pip show a; then pip install a; fi":                      {"pip install pkg:pypi/a"},
		"echo $(npm i a)":                                              {"npm i pkg:npm/a"},
		`echo "npm install a"`:                                         nil,
		"# npm install a":                                              nil,
		"cat <<EOF\nnpm install a\nEOF":                                nil,
		"npm i $PKG a":                                                 {"npm i pkg:npm/a"},
		`/usr/bin/npm i "left-pad"`:                                    {"npm i pkg:npm/left-pad"},
		"NPM_TOKEN=secret npm i a --registry https://secret@r.example": {"npm i pkg:npm/a from https://r.example"},
		"npm i 'unterminated":                                          nil,
		"timeout 60 npm i a":                                           {"npm i pkg:npm/a"},
		"":                                                             nil,
	} {
		var got []string
		for _, r := range requests(script) {
			line := append([]string{r.Manager, r.Verb}, r.Purls...)
			if len(r.Elsewhere) > 0 {
				line = append(append(line, "elsewhere"), r.Elsewhere...)
			}
			if r.Index != "" {
				line = append(line, "from", r.Index)
			}
			got = append(got, strings.Join(line, " "))
			require.NotContains(t, fmt.Sprint(r), "secret")
		}
		require.Equal(t, want, got, script)
	}
}

func TestConstraintsAreKept(t *testing.T) {
	r := requests("npm i vue@^3 a@1.2.3")[0]
	require.Equal(t, map[string]string{"pkg:npm/vue": "^3"}, r.Constraints)
	require.Equal(t, map[string]string{"pkg:pypi/flask": ">=2,<3"}, requests("pip install 'flask>=2,<3'")[0].Constraints)
	require.Equal(t, map[string]string{"pkg:composer/a/b": "2.x", "pkg:composer/e/f": "^2.0", "pkg:composer/g/h": "1.0.*"},
		requests("composer require a/b:2.x c/d 1.2.3 e/f ^2.0 'g/h 1.0.*'")[0].Constraints)
}

func TestJoin(t *testing.T) {
	require.Equal(t, "npm i a", Join([]string{"bash", "-lc", "npm i a"}))
	require.Equal(t, []string{"pkg:npm/a"}, requests(Join([]string{"npm", "i", "a", "it's"}))[0].Purls)
	require.Equal(t, []string{"git", "npm"}, programs("git add . && npm i a && git commit -m 'secret'"))
	require.Equal(t, []string{"npx", "git"}, programs("npx -c 'git push'; 'mysql -psecret shop'; env -S 'mysql -psecret shop'"))
}

// TestBracketsWithoutEndAreNotRead has a script for which the parser would look ahead from each bracket to the end.
func TestBracketsWithoutEndAreNotRead(t *testing.T) {
	require.Equal(t, []string{"npm"}, programs(strings.Repeat("( ", maxBrackets)+"npm i a"+strings.Repeat(" )", maxBrackets)))
	require.Equal(t, []string{"cat", "npm"}, programs("cat > a.js <<'END'\n"+strings.Repeat("f();\n", 2*maxBrackets)+"END\nnpm i a"))
	require.Empty(t, programs(strings.Repeat("( ", maxBrackets+1)+"npm i a"+strings.Repeat(" )", maxBrackets+1)))
}

func FuzzRequests(f *testing.F) {
	for _, seed := range []string{"npm i a@1.0.0 && pip install b==1", "bash -c 'go get a.b/c@v1.0.0'", "$(((", "uvx --from 'x[y", "dotnet add package", "npx -c 'npm i a/b -x'", "npm i 'b@ssh://c:d@e f'"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, script string) {
		for _, r := range requests(script) {
			if len(r.Purls)+len(r.Elsewhere) == 0 {
				t.Fatalf("%q asks for nothing: %+v", script, r)
			}
			if strings.ContainsFunc(strings.Join(append(r.Elsewhere, r.Index), ""), unicode.IsSpace) {
				t.Fatalf("%q has a script kept: %+v", script, r)
			}
		}
	})
}
