package commandline

// The flags of each program that take a value, as its own manual has them. A letter may mean one thing here and another next door, and a
// flag that is missing has its value taken for a package: pnpm add -w lodash, pdm add -d pytest. Where one dash is as good as two, the letters that stand
// alone are there too.
var (
	npm = table(map[use]string{
		alone: "-B -D -E -O -P -S -a -d -f -g -h -l -n -p -q -s -v -y",
		aside: `-C -L -m -w --allow-directory --allow-file --allow-git --allow-remote --allow-scripts --also --access --audit-level --auth-type --before --ca --cache --cafile --cert --cpu --depth
			--fetch-retries --fetch-retry-factor --fetch-retry-maxtimeout --fetch-retry-mintimeout --fetch-timeout --globalconfig --https-proxy --include --install-strategy --key --libc --local-address --location --lockfile-version
			--loglevel --logs-dir --logs-max --maxsockets --min-release-age --min-release-age-exclude --node-options --noproxy --omit --only --os --otp
			--prefix --proxy --replace-registry-host --save-prefix --scope --script-shell --shell --tag --umask --user-agent --userconfig --workspace`,
		instead: "--package", registry: "--registry", script: "-c --call",
	})
	npx = npm.with(map[use]string{instead: "-p"})

	pnpm = table(map[use]string{
		alone: "-D -E -O -P -d -e -f -g -h -i -l -p -q -r -s -v -w -y",
		aside: `-C -F --allow-build --cache-dir --changed-files-ignore-pattern --child-concurrency --config-dir --cpu --dir --fetch-retries --fetch-retry-factor
			--fetch-retry-maxtimeout --fetch-retry-mintimeout --fetch-timeout --filter --filter-prod --global-bin-dir --global-dir --global-pnpmfile --hoist-pattern
			--https-proxy --libc --lockfile-dir --loglevel --minimum-release-age --modules-dir --network-concurrency --node-linker --noproxy --npm-path --os
			--package-import-method --pnpmfile --prefix --proxy --public-hoist-pattern --reporter --resolution-mode --save-catalog-name --save-prefix --script-shell
			--state-dir --store-dir --tag --test-pattern --trust-policy --trust-policy-exclude --trust-policy-ignore-after --use-node-version
			--virtual-store-dir --workspace-concurrency`,
		registry: "--registry",
	})
	pnpx = pnpm.with(map[use]string{instead: "--package", shell: "-c --shell-mode"})

	yarn = table(map[use]string{
		alone: "-A -D -E -F -O -P -S -T -W -f -g -h -i -q -s -v",
		aside: `--cache-folder --cwd --global-folder --https-proxy --link-folder --mode --modules-folder --mutex --network-concurrency --network-timeout --otp --prefix
			--preferred-cache-folder --proxy --use-yarnrc`,
		registry: "--registry",
	})
	yarnDlx = yarn.with(map[use]string{instead: "-p --package"})

	bun = table(map[use]string{
		alone: "-D -E -a -d -f -g -h -p -v -y",
		aside: `-F -c --backend --ca --cache-dir --cafile --concurrent-scripts --config --cpu --cwd --env-file --filter --libc --linker --minimum-release-age
			--minimum-release-age-excludes --network-concurrency --omit --os`,
		registry: "--registry",
	})
	bunx = bun.with(map[use]string{instead: "-p --package"})

	pip = table(map[use]string{
		aside: `-C -c -d -r -t -w --abi --all-releases --build-constraint --build-option --cache-dir --cert --client-cert --config-setting --config-settings --constraint
			--default-timeout --dest --exists-action --global-option --group --implementation --install-option --keyring-provider --log --no-binary --only-binary
			--only-final --platform --prefix --progress-bar --proxy --python --python-version --report --requirement --requirements-from-script --resume-retries
			--retries --root --root-user-action --source --source-dir --source-directory --src --target --timeout --trusted-host --uploaded-prior-to
			--upgrade-strategy --use-deprecated --use-feature --wheel-dir`,
		links: "-f --find-links", origin: "-e --editable", registry: "-i --extra-index-url --index-url --pypi-url",
	})
	// pipx hands --pip-args on to pip: anything may stand in them. Its -e and -f stand alone.
	pipx = table(map[use]string{
		aside: "--backend --fetch-python --pip-args --python --suffix", besides: "--preinstall --with", instead: "--spec", registry: "-i --index-url",
	})
	pipenv = table(map[use]string{
		aside: "-c -r --categories --code --extra-pip-args --python --requirements", origin: "-e --editable", registry: "-i --extra-index-url --index --pypi-mirror",
	})
	pdm = table(map[use]string{
		aside: "-C -G -L -c -k -p --config --config-setting --group --lockfile --override --project --skip --venv", origin: "-e --editable",
	})
	rye = table(map[use]string{
		aside: "--branch --features --include-dep --optional --rev --tag --toolchain", origin: "--git --path --url",
	})
	poetry = table(map[use]string{
		aside: "-C -E -G -P --directory --extras --group --markers --platform --project --python --source",
	})
	uv = table(map[use]string{
		aside: `-C -P -b -c -m -p -r --allow-insecure-host --bounds --branch --build-constraint --build-constraints --cache-dir --color --config-file --config-setting
			--config-settings --config-settings-package --constraint --constraints --directory --env-file --exclude-newer --exclude --exclude-newer-package --excludes --extra
			--fork-strategy --group --index-strategy --keyring-provider --link-mode --marker --no-binary-package --no-build-isolation-package --no-build-package
			--no-install-package --no-sources-package --optional --override --overrides --package --prerelease --preview-features --project --python
			--python-platform --python-preference --refresh-package --reinstall-package --requirement --requirements --resolution --rev --script --tag
			--torch-backend --trusted-host --upgrade-package --with-requirements`,
		besides: "-w --with --with-executables-from", instead: "--from", links: "-f --find-links",
		origin: "--with-editable", registry: "-i --default-index --extra-index-url --index --index-url",
	})
	// In uv pip, some of uv's flags are those of pip.
	uvPip = uv.with(map[use]string{
		aside: "-t --no-binary --only-binary --prefix --python-version --target", origin: "-e --editable",
	})

	// To uv run a module and a script are what is run.
	uvRun = uv.with(map[use]string{alone: "-m -s --gui-script --module --script", aside: "--no-extra --no-group --only-group"})
	conda = table(map[use]string{
		aside: "-n -p --clone --cwd --file --name --platform --prefix --repodata-fn --revision --solver --subdir", registry: "-c --channel",
	})
	micromamba = conda.with(map[use]string{aside: "-f"})
	deno       = table(map[use]string{
		aside: "-L -c -n --cert --config --import-map --location --log-level --name --root --seed",
	})
	hatch = table(map[use]string{aside: "-e -p --cache-dir --config --data-dir --env --project"})

	golang = table(map[use]string{
		aside: `-C -asmflags -buildmode -compiler -covermode -coverpkg -gccgoflags -gcflags -installsuffix -ldflags -mod -modfile -overlay -p -pgo -pkgdir -tags -toolexec`,
	})

	goRun = golang.with(map[use]string{aside: "-exec -o"})

	cargoAdd = table(map[use]string{
		aside:  `-C -F -Z -p --base --branch --color --config --features --lockfile-path --manifest-path --package --registry --rename --rev --tag --target`,
		origin: "--git --path", registry: "--index",
	})
	cargoInstall = table(map[use]string{
		aside:  `-C -F -Z -j --bin --branch --color --config --example --features --jobs --message-format --profile --registry --rev --root --tag --target --target-dir`,
		origin: "--git --path", pinned: "--vers --version", registry: "--index",
	})

	gem = table(map[use]string{
		aside: `-B -P -g -i -n -p --bindir --build-root --bulk-threshold --config-file --document --file --http-proxy --install-dir --platform --target-rbconfig --trust-policy
			--without`,
		pinned: "-v --version", registry: "-s --source",
	})
	bundle = table(map[use]string{
		aside: "-g -r --branch --glob --group --ref --require", origin: "--git --github --path", pinned: "-v --version", registry: "-s --source",
	})

	composer = table(map[use]string{
		aside: "-d --apcu-autoloader-prefix --audit-format --ignore-platform-req --prefer-install --working-dir",
	})

	composerCreate = composer.with(map[use]string{aside: "-s --repository --repository-url --stability"})

	dotnet = table(map[use]string{
		aside: "-f --file --framework --package-directory --project", pinned: "-v --version", registry: "-s --source",
	})
	dotnetTool = table(map[use]string{
		aside: "-a -v --arch --configfile --framework --tool-manifest --tool-path --verbosity", pinned: "--version", registry: "--add-source --nuget-source --source",
	})
	nuget = table(map[use]string{
		aside:  `-ConfigFile -DependencyVersion -FallbackSource -Framework -OutputDirectory -PackageSaveMode -SolutionDirectory -Verbosity`,
		pinned: "-Version", registry: "-Source",
	})
)

func node(f flags, verbs ...string) manager {
	return manager{ecosystem: "npm", spec: npmSpec, flags: f, oneDash: true, verbs: verbs}
}

// creating is a manager that runs the program of a package that is called create-.
func creating(f flags, whole bool, verbs ...string) manager {
	return manager{ecosystem: "npm", spec: initSpec(whole), flags: f, oneDash: true, verbs: verbs}.making()
}

func python(f flags, verbs ...string) manager {
	return manager{ecosystem: "pypi", spec: pythonSpec, flags: f, verbs: verbs}
}

// condas are the managers that take packages as conda does.
func condas(f flags) []manager {
	m := manager{ecosystem: "conda", spec: condaSpec, flags: f, verbs: []string{"install", "create"}}
	return []manager{m, m.starting("run")}
}

// managers are the package managers, by program. One program may be several.
var managers = map[string][]manager{
	"bun":    {node(bun, "add", "a", "install", "i"), node(bunx, "x").running(), creating(bun, true, "create", "c")},
	"bunx":   {node(bunx, "").running()},
	"bundle": {{ecosystem: "gem", spec: plainSpec(""), flags: bundle, verbs: []string{"add"}}, node(bundle).starting("exec")},
	"cargo": {
		{ecosystem: "cargo", spec: cargoSpec, flags: cargoAdd, verbs: []string{"add"}},
		{ecosystem: "cargo", spec: plainSpec("@"), flags: cargoInstall, verbs: []string{"install", "binstall"}},
	},
	"conda": condas(conda),
	"composer": {
		{ecosystem: "composer", spec: composerSpec, behind: composerConstraint, flags: composer, verbs: []string{"require", "req", "r", "global require", "global req"}},
		manager{ecosystem: "composer", spec: composerSpec, flags: composerCreate, verbs: []string{"create-project"}}.making(),
	},
	"deno": {
		{ecosystem: "npm", spec: denoSpec, flags: deno, verbs: []string{"add", "install", "i"}},
		manager{ecosystem: "npm", spec: denoSpec, flags: deno, verbs: []string{"run", "x"}}.making(),
	},
	"dnx": {manager{ecosystem: "nuget", spec: plainSpec("@"), flags: dotnetTool, verbs: []string{""}}.running()},
	"dotnet": {
		{ecosystem: "nuget", spec: plainSpec("@"), flags: dotnet, verbs: []string{"package add"}},
		{ecosystem: "nuget", spec: plainSpec("@"), flags: dotnetTool, verbs: []string{"tool install", "tool update"}},
		{ecosystem: "nuget", spec: plainSpec("::"), flags: dotnetTool, verbs: []string{"new install"}},
		manager{ecosystem: "nuget", spec: plainSpec("@"), flags: dotnetTool, verbs: []string{"tool exec", "tool execute"}}.running(),
	},
	"gem": {{ecosystem: "gem", spec: plainSpec(":"), flags: gem, verbs: []string{"install", "i"}, tail: true}},
	"go": {
		{ecosystem: "go", spec: goSpec, flags: golang, verbs: []string{"get", "install", "mod download"}},
		manager{ecosystem: "go", spec: goRunSpec, flags: goRun, verbs: []string{"run"}}.making(),
	},
	"hatch":      {python(hatch).starting("run", "env run")},
	"mamba":      condas(conda),
	"micromamba": condas(micromamba),
	"npm": {
		node(npm, "install", "i", "add", "in", "ins", "inst", "insta", "instal", "isnt", "isnta", "isntal", "isntall", "install-test", "it"),
		node(npm, "exec", "x").running(), creating(npm, false, "create", "init", "innit"),
	},
	"nuget":  {{ecosystem: "nuget", spec: plainSpec(""), flags: nuget, oneDash: true, verbs: []string{"install"}}},
	"npx":    {node(npx, "").running()},
	"pdm":    {python(pdm, "add"), python(pdm).starting("run")},
	"pip":    {python(pip, "install", "download", "wheel")},
	"pip3":   {python(pip, "install", "download", "wheel")},
	"pipenv": {python(pipenv, "install"), python(pipenv).starting("run")},
	"pipx":   {python(pipx, "install"), python(pipx, "inject").after(1), python(pipx, "run").running()},
	"pnpm":   {node(pnpm, "add", "install", "i"), node(pnpx, "dlx").running(), node(pnpm).starting("exec"), creating(pnpm, true, "create")},
	"pnpx":   {node(pnpx, "").running()},
	"poetry": {python(poetry, "add", "self add"), python(poetry).starting("run")},
	"rye":    {python(rye, "add", "install", "tools install"), python(rye).starting("run")},
	"uv":     {python(uv, "add", "tool install"), python(uvPip, "pip install"), python(uv, "tool run").running(), python(uvRun).starting("run")},
	"uvx":    {python(uv, "").running()},
	"yarn":   {node(yarn, "add", "global add"), node(yarnDlx, "dlx").running(), node(yarn).starting("exec"), creating(yarn, false, "create")},
}
