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
		"pip3.12 install --user requests":                                      {"pip3 install pkg:pypi/requests"},
		"py -3.12 -m pip install a && python3 -u -m pip install b":             {"pip install pkg:pypi/a", "pip install pkg:pypi/b"},
		"python3 -c 'import pip' -m pip install a":                             nil,
		"python3 tool.py -m pip install a":                                     nil,
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
		// Flags of the one program that mean something else to its neighbour
		"npm i -w web lodash":                                                      {"npm i pkg:npm/lodash"},
		"npm -w web i lodash -gD -C dir":                                           {"npm i pkg:npm/lodash"},
		"npm --registry https://r.example i a":                                     {"npm i pkg:npm/a from https://r.example"},
		"npm i -force x":                                                           {"npm i pkg:npm/x"},
		"npm i -save-exact x":                                                      {"npm i pkg:npm/x"},
		"npm i -legacy-peer-deps x":                                                {"npm i pkg:npm/x"},
		"npm i -registry https://r.example -save-prefix ~ x":                       {"npm i pkg:npm/x from https://r.example"},
		"npm i -client-secret=secret x":                                            {"npm i pkg:npm/x"},
		"npx -yc 'npm i a && mysql -psecret shop'":                                 {"npm i pkg:npm/a"},
		"npx -call 'npm i a && mysql -psecret shop'":                               {"npm i pkg:npm/a"},
		"pnpm add -save-exact x":                                                   {"pnpm add pkg:npm/x"},
		"pnpm dlx -client x":                                                       {"pnpm dlx pkg:npm/x"},
		"pnpm dlx -cs 'npm i a'":                                                   {"npm i pkg:npm/a"},
		"yarn add -exact x":                                                        {"yarn add pkg:npm/x"},
		"bun add -dev x":                                                           {"bun add pkg:npm/x"},
		"pip install -qi https://r.example x":                                      {"pip install pkg:pypi/x from https://r.example"},
		"pip install -ihttps://r.example x":                                        {"pip install pkg:pypi/x from https://r.example"},
		"uvx -now=secret x":                                                        {"uvx  pkg:pypi/x"},
		"npm installer a":                                                          nil,
		"npx -p typescript -p ts-node ts-node x.ts":                                {"npx  pkg:npm/typescript pkg:npm/ts-node"},
		"npx --userconfig rc cowsay":                                               {"npx  pkg:npm/cowsay"},
		"pnpm add -w lodash":                                                       {"pnpm add pkg:npm/lodash"},
		"pnpm add -wD lodash":                                                      {"pnpm add pkg:npm/lodash"},
		"pnpm -w add lodash":                                                       {"pnpm add pkg:npm/lodash"},
		"pnpm -F web add zod":                                                      {"pnpm add pkg:npm/zod"},
		"pnpm add zod -F web --store-dir s":                                        {"pnpm add pkg:npm/zod"},
		"pnpm -rC dir add zod":                                                     {"pnpm add pkg:npm/zod"},
		"pnpm --package=cowsay -c dlx 'npm i a'":                                   {"pnpm dlx pkg:npm/cowsay", "npm i pkg:npm/a"},
		"pnpm --package a --package b dlx a":                                       {"pnpm dlx pkg:npm/a pkg:npm/b"},
		"yarn workspace web add x":                                                 {"yarn add pkg:npm/x"},
		"yarn workspace web dlx x y":                                               {"yarn dlx pkg:npm/x"},
		"yarn workspace add":                                                       nil,
		"yarn --cwd web add -W x":                                                  {"yarn add pkg:npm/x"},
		"yarn add -F -C x --mode update-lockfile":                                  {"yarn add pkg:npm/x"},
		"yarn add x --modules-folder lib":                                          {"yarn add pkg:npm/x"},
		"yarn dlx -qp typescript tsc":                                              {"yarn dlx pkg:npm/typescript"},
		"bun add -d x --filter web":                                                {"bun add pkg:npm/x"},
		"bun --cwd web add -p x -c bunfig.toml":                                    {"bun add pkg:npm/x"},
		"bunx -p @angular/cli ng new app":                                          {"bunx  pkg:npm/%40angular/cli"},
		"bunx --bun vite dev":                                                      {"bunx  pkg:npm/vite"},
		"pip install -qUr requirements.txt x":                                      {"pip install pkg:pypi/x"},
		"pip install -rrequirements.txt x":                                         {"pip install pkg:pypi/x"},
		"pip download -d wheels x":                                                 {"pip download pkg:pypi/x"},
		"pip wheel -w wheels x":                                                    {"pip wheel pkg:pypi/x"},
		"pip --log log install --cache-dir c x":                                    {"pip install pkg:pypi/x"},
		"pip install --upgrade-strategy eager x":                                   {"pip install pkg:pypi/x"},
		"pip install --build-constraint bc.txt --resume-retries 5 x":               {"pip install pkg:pypi/x"},
		"pip install --uploaded-prior-to 2025-03-16 x":                             {"pip install pkg:pypi/x"},
		"pip install --all-releases a --only-final b x":                            {"pip install pkg:pypi/x"},
		"pip install --requirements-from-script s.py --source-dir d x":             {"pip install pkg:pypi/x"},
		"pnpm add --save-catalog-name react18 --allow-build esbuild x":             {"pnpm add pkg:npm/x"},
		"pipx install -f x":                                                        {"pipx install pkg:pypi/x"},
		"pipx install -e ./x --suffix y":                                           {"pipx install elsewhere ./x"},
		"pipx install --preinstall a x":                                            {"pipx install pkg:pypi/a pkg:pypi/x"},
		"pipx run --spec httpie --python 3.12 http":                                {"pipx run pkg:pypi/httpie"},
		"pipenv install -d pytest":                                                 {"pipenv install pkg:pypi/pytest"},
		"pipenv install --categories docs sphinx":                                  {"pipenv install pkg:pypi/sphinx"},
		"pipenv install -e ./x -r r.txt":                                           {"pipenv install elsewhere ./x"},
		"pdm add -d pytest":                                                        {"pdm add pkg:pypi/pytest"},
		"pdm add -dG test pytest":                                                  {"pdm add pkg:pypi/pytest"},
		"pdm add -p dir -L lock --venv test -k :all x":                             {"pdm add pkg:pypi/x"},
		"pdm add -e ./x --dev":                                                     {"pdm add elsewhere ./x"},
		"poetry -C dir add -D x":                                                   {"poetry add pkg:pypi/x"},
		"poetry add -e ./x -G docs":                                                {"poetry add elsewhere ./x"},
		"poetry add x --extras 'a b' --markers m":                                  {"poetry add pkg:pypi/x"},
		"uv add --script example.py requests":                                      {"uv add pkg:pypi/requests"},
		"uv add --optional dev pytest":                                             {"uv add pkg:pypi/pytest"},
		"uv --directory d add --package web -m m x":                                {"uv add pkg:pypi/x"},
		"uv add --editable ./x --bounds major":                                     {"uv add elsewhere ./x"},
		"uv add git+https://a.example/b --tag v1":                                  {"uv add elsewhere git+https://a.example/b"},
		"uv add --no-binary x -P y --resolution lowest":                            {"uv add pkg:pypi/x"},
		"uv pip install -e ./x --no-binary :all: y":                                {"uv pip install pkg:pypi/y elsewhere ./x"},
		"uv pip install -p 3.12 -t dir x":                                          {"uv pip install pkg:pypi/x"},
		"uv tool install -p 3.12 --with a x":                                       {"uv tool install pkg:pypi/a pkg:pypi/x"},
		"uvx -p 3.12 ruff check":                                                   {"uvx  pkg:pypi/ruff"},
		"uvx --with a -w b mkdocs build":                                           {"uvx  pkg:pypi/a pkg:pypi/b pkg:pypi/mkdocs"},
		"uvx --with a --from b c":                                                  {"uvx  pkg:pypi/a pkg:pypi/b"},
		"go get -tags integration -u a.example/b":                                  {"go get pkg:golang/a.example/b"},
		"go install --tags x -mod mod -v a.example/b@v1.0.0":                       {"go install pkg:golang/a.example/b@v1.0.0"},
		"go -C dir get -t a.example/b":                                             {"go get pkg:golang/a.example/b"},
		"cargo +nightly add serde":                                                 {"cargo add pkg:cargo/serde"},
		"cargo --config k=v add serde --color always":                              {"cargo add pkg:cargo/serde"},
		"cargo add -qF derive serde -p web":                                        {"cargo add pkg:cargo/serde"},
		"cargo +1.80 install ripgrep -fj 2 --locked":                               {"cargo install pkg:cargo/ripgrep"},
		"gem install pg -N --platform ruby -- --with-pg-config /usr/bin/pg_config": {"gem install pkg:gem/pg"},
		"gem install rails --document ri -P HighSecurity":                          {"gem install pkg:gem/rails"},
		"bundle add puma -g web -r false --ref main":                               {"bundle add pkg:gem/puma"},
		"composer require -W --ignore-platform-req php a/b":                        {"composer require pkg:composer/a/b"},
		"composer -d dir global require a/b --prefer-install dist":                 {"composer global require pkg:composer/a/b"},
		"dotnet package add A.B --project x.csproj -n":                             {"dotnet package add pkg:nuget/A.B"},
		"dotnet add package A.B -f net8.0 -s https://r.example/v3":                 {"dotnet package add pkg:nuget/A.B from https://r.example/v3"},
		// Packages of programs that make something, and other ways to ask
		"npm create vite@latest app -- --template react":                                                               {"npm create pkg:npm/create-vite"},
		"npm init -y && npm init @a && npm init @a@1.0.0 && npm init @a/b@2.0.0":                                       {"npm init pkg:npm/%40a/create", "npm init pkg:npm/%40a/create@1.0.0", "npm init pkg:npm/%40a/create-b@2.0.0"},
		"yarn create react-app app; pnpm create create-vite; bun create next-app":                                      {"yarn create pkg:npm/create-react-app", "pnpm create pkg:npm/create-vite", "bun create pkg:npm/create-next-app"},
		"npm init ./a b && npm create -- yarn add":                                                                     {"npm create pkg:npm/create-yarn"},
		"npm it a && npm inst b":                                                                                       {"npm it pkg:npm/a", "npm inst pkg:npm/b"},
		"npm i --audit false --fetch-retry-mintimeout 20000 --audit-level high a":                                      {"npm i pkg:npm/a"},
		"deno add npm:a@1.0.0 jsr:@b/c && deno add jsr:@b/c":                                                           {"deno add pkg:npm/a@1.0.0 elsewhere jsr:@b/c", "deno add elsewhere jsr:@b/c"},
		"deno install -gA -n x npm:@a/b; deno run -A npm:c npm:d; deno run ./main.ts":                                  {"deno install pkg:npm/%40a/b", "deno run pkg:npm/c"},
		"go run -exec time a.example/b/cmd/c@v1.2.3 ./... && go run ./cmd/b && go run a.example/b":                     {"go run pkg:golang/a.example/b/cmd/c@v1.2.3"},
		"go mod download a.example/b@v1.2.3":                                                                           {"go mod download pkg:golang/a.example/b@v1.2.3"},
		"composer req a/b && php composer.phar r c/d ^1; symfony composer global req e/f; php bin/console require a/b": {"composer req pkg:composer/a/b", "composer r pkg:composer/c/d", "composer global req pkg:composer/e/f"},
		"composer create-project -s dev a/b web/app 10.*":                                                              {"composer create-project pkg:composer/a/b"},
		"dotnet tool install -g A.B --version 1.0.0 -v q && dotnet new install C::2.0.0 && dnx D@3.0.0 -- e":           {"dotnet tool install pkg:nuget/A.B@1.0.0", "dotnet new install pkg:nuget/C@2.0.0", "dnx  pkg:nuget/D@3.0.0"},
		"nuget install A.B -Version 1.0.0 -OutputDirectory packages; nuget install packages.config":                    {"nuget install pkg:nuget/A.B@1.0.0"},
		"conda install -y -n env -c conda-forge numpy==1.26 'scipy>=1' x::pandas=2 --file r.txt":                       {"conda install pkg:conda/numpy@1.26 pkg:conda/scipy pkg:conda/pandas from conda-forge"},
		"mamba create -n env python=3.11; micromamba install -f env.yml a":                                             {"mamba create pkg:conda/python", "micromamba install pkg:conda/a"},
		// Commands behind others
		"uv run pip install a": {"pip install pkg:pypi/a"},
		"uv run --with a,'b[c,d]>=1,<2' --only-group dev -- pip install e": {"uv run pkg:pypi/a pkg:pypi/b", "pip install pkg:pypi/e"},
		"uv run -m pip install a && uv run --script a.py b":                {"pip install pkg:pypi/a"},
		"uvx --with a,b c":                                              {"uvx  pkg:pypi/a pkg:pypi/b pkg:pypi/c"},
		"poetry -C dir run pip install a":                               {"pip install pkg:pypi/a"},
		"pipenv run pip install a && pdm run pip install b":             {"pip install pkg:pypi/a", "pip install pkg:pypi/b"},
		"hatch -e test run pip install a; hatch run test:pip install b": {"pip install pkg:pypi/a", "pip install pkg:pypi/b"},
		"rye add a && rye run pip install b":                            {"rye add pkg:pypi/a", "pip install pkg:pypi/b"},
		"conda run -n env --no-capture-output pip install a":            {"pip install pkg:pypi/a"},
		"bundle exec gem install a":                                     {"gem install pkg:gem/a"},
		"pnpm -F web exec npm i a":                                      {"npm i pkg:npm/a"},
		"npx -y pnpm@9 add a":                                           {"npx  pkg:npm/pnpm", "pnpm add pkg:npm/a"},
		"npx -p pnpm@9.0.0 pnpm add a":                                  {"npx  pkg:npm/pnpm@9.0.0", "pnpm add pkg:npm/a"},
		"pipx run poetry add a":                                         {"pipx run pkg:pypi/poetry", "poetry add pkg:pypi/a"},
		"pipx inject env a b":                                           {"pipx inject pkg:pypi/a pkg:pypi/b"},
		"poetry self add a":                                             {"poetry self add pkg:pypi/a"},
		"python -Im pip install a && python -W ignore -m pip install b && python -X utf8 -mpip install c": {"pip install pkg:pypi/a", "pip install pkg:pypi/b", "pip install pkg:pypi/c"},
		"python -c 'import a' -m pip install b":                                                           nil,
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

// TestWrappersHideNothing has words before the command that starts in truth, which are no programs, and may be secrets.
func TestWrappersHideNothing(t *testing.T) {
	for _, script := range []string{
		"sudo NPM_TOKEN=secret npm i a", "sudo -u root NPM_TOKEN=secret npm i a", "sudo --user secret npm i a", "sudo -iu secret -- npm i a", "doas -u secret npm i a",
		"env --unset SECRET -- A=secret npm i a", "env -u A --chdir secret npm i a", "timeout --kill-after 5 60 npm i a", "timeout -k5 -s KILL 60 npm i a",
		"nice -n10 npm i a", "stdbuf -oL -e 0 npm i a", "ionice -c 3 npm i a", "setsid -w npm i a", "builtin command npm i a", "sudo time -o secret npm i a",
		"cat list | xargs npm i a", "xargs -r -n 1 -P4 npm i a < secret", "xargs -I {} npm i a {}",
		"bash -c -- 'npm i a'", "bash -ce 'npm i a'", "bash -c -l 'npm i a' secret secret", "bash -euxo pipefail -c 'npm i a'", "bash -o errexit -c 'npm i a'",
		"bash --rcfile secret -ic 'npm i a'", "fish -c 'npm i a'",
	} {
		got := Parse(script)
		require.Len(t, got.Requests, 1, script)
		require.Equal(t, []string{"pkg:npm/a"}, got.Requests[0].Purls, script)
		require.Equal(t, "npm", got.Programs[len(got.Programs)-1], script)
		require.NotContains(t, strings.ToLower(fmt.Sprint(got)), "secret", script)
	}
	require.Equal(t, []string{"bash"}, programs("bash deploy.sh -c secret"))
	require.Empty(t, requests("sh deploy.sh -c 'npm i a'"))
}

func TestWordsAreThoseOfAShell(t *testing.T) {
	for script, want := range map[string][]string{
		`npm i @types/{node,react} {b,c}@1.0.0 d{,-e}`:          {"pkg:npm/%40types/node", "pkg:npm/%40types/react", "pkg:npm/b@1.0.0", "pkg:npm/c@1.0.0", "pkg:npm/d", "pkg:npm/d-e"},
		`npm i a '{b,c}' d{1..3} e{$X,f}`:                       {"pkg:npm/a"},
		`bash -c $'npm i a\nnpm i b'`:                           {"pkg:npm/a", "pkg:npm/b"},
		`npm i $'\141' $'b\x63' $'c\0d'`:                        {"pkg:npm/a", "pkg:npm/bc", "pkg:npm/c"},
		`"C:\Program Files\nodejs\npm.cmd" i a`:                 {"pkg:npm/a"},
		`"venv\Scripts\pip.exe" install "a\$b" "c"`:             {"pkg:pypi/c"},
		`$VENV/bin/pip install a`:                               {"pkg:pypi/a"},
		`sudo "$HOME/.venv/bin/python" -m pip install a`:        {"pkg:pypi/a"},
		`"$(npm prefix -g)"/bin/pnpm add a $X/b`:                {"pkg:npm/a"},
		`sudo PATH=$PATH npm i a`:                               {"pkg:npm/a"},
		`env PATH="$PWD/bin:$PATH" TOKEN="$T" npm i a`:          {"pkg:npm/a"},
		"bash <<'END'\ncd web\nnpm i a\nEND":                    {"pkg:npm/a"},
		"sudo bash -s -- -v <<-END\n\tcd $HOME\n\tnpm i a\nEND": {"pkg:npm/a"},
		"sh <<< 'npm i a'":                                      {"pkg:npm/a"},
		`powershell.exe -NoProfile -Command 'cd web; npm i a'`:  {"pkg:npm/a"},
		`pwsh -c '.\.venv\Scripts\pip.exe install a'`:           {"pkg:pypi/a"},
		`cmd.exe /d /s /c "cd web && npm i a"`:                  {"pkg:npm/a"},
		`cmd /c npm i a`:                                        {"pkg:npm/a"},
		"bash tool.sh <<'END'\nnpm i a\nEND":                    nil,
		"eval 'npm i a' && eval npm i \"b\"":                    {"pkg:npm/a", "pkg:npm/b"},
	} {
		var got []string
		for _, r := range requests(script) {
			got = append(got, r.Purls...)
			require.Empty(t, r.Elsewhere, script)
		}
		require.Equal(t, want, got, script)
	}
	require.Len(t, requests("npm i " + strings.Repeat("{a,b,c,d}{e,f,g,h}", 3) + " x")[0].Purls, 1)
	require.Len(t, requests("npm i " + strings.Repeat("{", 16000) + " x")[0].Purls, 1)
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
	require.Equal(t, "npm i a", Join([]string{`C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe`, "-NoProfile", "-Command", "npm i a"}))
	require.Equal(t, []string{"npm"}, programs(Unquoted("pwsh -NoLogo -Command npm i a")))
	require.Equal(t, []string{"pkg:npm/a"}, requests(Join([]string{"npm", "i", "a", "it's"}))[0].Purls)
	require.Equal(t, []string{"git", "npm"}, programs("git add . && npm i a && git commit -m 'secret'"))
	require.Equal(t, []string{"npm"}, programs("npm i -force x; npm i -exec x; npm i -client-secret=hunter2 x"))
	require.Equal(t, []string{"npx", "git"}, programs("npx -c 'git push'; 'mysql -psecret shop'; env -S 'mysql -psecret shop'"))
}

// TestBracketsWithoutEndAreNotRead has a script for which the parser would look ahead from each bracket to the end.
func TestBracketsWithoutEndAreNotRead(t *testing.T) {
	require.Equal(t, []string{"npm"}, programs(strings.Repeat("( ", maxBrackets)+"npm i a"+strings.Repeat(" )", maxBrackets)))
	require.Equal(t, []string{"cat", "npm"}, programs("cat > a.js <<'END'\n"+strings.Repeat("f();\n", 2*maxBrackets)+"END\nnpm i a"))
	require.Empty(t, programs(strings.Repeat("( ", maxBrackets+1)+"npm i a"+strings.Repeat(" )", maxBrackets+1)))
}

func FuzzRequests(f *testing.F) {
	for _, seed := range []string{"npm i a@1.0.0 && pip install b==1", "bash -c 'go get a.b/c@v1.0.0'", "$(((", "uvx --from 'x[y", "dotnet add package", "npx -c 'npm i a/b -x'", "npm i 'b@ssh://c:d@e f'", "pnpm -rF=a add -wD b", "cargo +c add", "yarn workspace a add b", `$'\0'`} {
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
