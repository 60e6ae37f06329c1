package commandline

import (
	"slices"
	"strings"

	"devtrail.dev/kit/git"
	"devtrail.dev/services/events/internal/source"
)

// manager is how a package manager is asked for packages.
type manager struct {
	// ecosystem names the packages.
	ecosystem string
	// verbs are the words that ask for packages, of one or two words; "" needs none.
	verbs []string
	// first says that only the first word after the verb is a package, and the rest belongs to it.
	first bool
	// valued are flags whose next word is their value; indexes those whose value is a registry; versions those that name the version;
	// elsewhere those whose value is where the package comes from instead of the registry.
	valued, indexes, versions, elsewhere []string
	// packages are flags whose value is a package, scripts those whose value is a script of the shell; shells say that the first word is one.
	packages, scripts, shells []string
	// spec takes the word of a package apart; false: it names none of the registry.
	spec func(word string) (spec, bool)
	// behind takes a word that belongs to the package named before it; false: it is a word like others. Most managers have none such.
	behind func(s *spec, word string) bool
}

var node = manager{
	ecosystem: "npm", spec: npmSpec,
	valued:  []string{"-C", "-w", "--cache", "--cwd", "--dir", "--filter", "--loglevel", "--omit", "--prefix", "--tag", "--workspace"},
	indexes: []string{"--registry"},
}

var python = manager{
	ecosystem: "pypi", spec: pythonSpec,
	valued: []string{
		"-c", "-r", "-t", "--abi", "--cert", "--config-settings", "--constraint", "--extra", "--group", "--implementation", "--only-binary", "--no-binary", "--pip-args", "--platform", "--prefix",
		"--progress-bar", "--project", "--proxy", "--python", "--python-version", "--requirement", "--root", "--source", "--src", "--target", "--timeout", "--trusted-host", "-G", "-p", "-d", "--dest",
	},
	elsewhere: []string{"-e", "--editable", "-f", "--find-links", "--git", "--path"},
	indexes:   []string{"-i", "--default-index", "--extra-index-url", "--index", "--index-url", "--pip-args"},
}

// with returns the manager with other verbs.
func (m manager) with(verbs ...string) manager {
	m.verbs = verbs
	return m
}

// running returns the manager as it is asked to run a package's program at once.
func (m manager) running(verbs ...string) manager {
	m.verbs, m.first = verbs, true
	m.packages = []string{"-p", "--package", "--from", "--with", "--spec"}
	m.valued = slices.DeleteFunc(slices.Clone(m.valued), func(flag string) bool { return slices.Contains(m.packages, flag) })
	return m
}

// calling returns the manager as it is asked to run a script that a flag has.
func (m manager) calling(flags ...string) manager {
	m.scripts = flags
	return m
}

// inShell returns the manager as it is asked by a flag to run the first word as a script.
func (m manager) inShell(flags ...string) manager {
	m.shells = flags
	return m
}

// managers are the package managers, by program. One program may be several.
var managers = map[string][]manager{
	"bun":  {node.with("add", "install", "i"), node.running("x")},
	"bunx": {node.running("")},
	"bundle": {{
		ecosystem: "gem", spec: plainSpec(""), verbs: []string{"add"}, valued: []string{"-g", "--branch", "--group", "--require"}, versions: []string{"-v", "--version"},
		elsewhere: []string{"--git", "--github", "--path"}, indexes: []string{"-s", "--source"},
	}},
	"cargo": {
		{
			ecosystem: "cargo", spec: cargoSpec, verbs: []string{"add"}, elsewhere: []string{"--git", "--path"}, indexes: []string{"--index"},
			valued: []string{"-F", "-p", "--branch", "--features", "--manifest-path", "--package", "--registry", "--rename", "--rev", "--tag", "--target"},
		},
		{
			ecosystem: "cargo", spec: plainSpec("@"), verbs: []string{"install", "binstall"}, elsewhere: []string{"--git", "--path"}, indexes: []string{"--index"}, versions: []string{"--vers", "--version"},
			valued: []string{"-F", "-j", "--bin", "--branch", "--example", "--features", "--jobs", "--profile", "--registry", "--rev", "--root", "--tag", "--target", "--target-dir"},
		},
	},
	"composer": {{ecosystem: "composer", spec: composerSpec, behind: composerConstraint, verbs: []string{"require", "global require"}, valued: []string{"-d", "--working-dir"}}},
	"dotnet": {{
		ecosystem: "nuget", spec: plainSpec("@"), verbs: []string{"package add"}, valued: []string{"-f", "--framework", "--package-directory", "--project"},
		versions: []string{"-v", "--version"}, indexes: []string{"-s", "--source"},
	}},
	"gem": {{
		ecosystem: "gem", spec: plainSpec(":"), verbs: []string{"install", "i"}, valued: []string{"-i", "-n", "-P", "--bindir", "--install-dir", "--platform", "--trust-policy"},
		versions: []string{"-v", "--version"}, indexes: []string{"-s", "--source"},
	}},
	"go":     {{ecosystem: "go", spec: goSpec, verbs: []string{"get", "install"}, valued: []string{"-C", "-modfile", "-p", "-tags", "-ldflags", "-gcflags"}}},
	"npm":    {node.with("install", "i", "add", "in", "isntall"), node.running("exec", "x").calling("-c", "--call")},
	"npx":    {node.running("").calling("-c", "--call")},
	"pdm":    {python.with("add")},
	"pip":    {python.with("install", "download", "wheel")},
	"pip3":   {python.with("install", "download", "wheel")},
	"pipenv": {python.with("install")},
	"pipx":   {python.with("install"), python.running("run")},
	"pnpm":   {node.with("add", "install", "i"), node.running("dlx").inShell("-c", "--shell-mode")},
	"pnpx":   {node.running("").inShell("-c", "--shell-mode")},
	"poetry": {{ecosystem: "pypi", spec: pythonSpec, verbs: []string{"add"}, valued: []string{"-E", "-G", "--extras", "--group", "--platform", "--python", "--source"}}},
	"uv":     {python.with("add", "pip install", "tool install"), python.running("tool run")},
	"uvx":    {python.running("")},
	"yarn":   {node.with("add", "global add"), node.running("dlx")},
}

// read reads the arguments of a program: what it asks for, which may be nothing, and the script that it is to run.
func read(name string, args []string) (r Request, script string) {
	if strings.HasPrefix(name, "python") && len(args) > 2 && args[0] == "-m" { // python -m pip install
		name, args = args[1], args[2:]
	}
	if name == "dotnet" && len(args) > 1 && args[0] == "add" { // dotnet add [project] package Name
		if i := slices.Index(args, "package"); i > 0 {
			args = append([]string{"package", "add"}, args[i+1:]...)
		}
	}
	for _, m := range managers[name] {
		if verb, rest, ok := m.verb(args); ok {
			return m.request(name, verb, rest)
		}
	}
	return Request{}, ""
}

// verb finds what is asked for, behind flags that stand before it.
func (m manager) verb(args []string) (verb string, rest []string, ok bool) {
	if slices.Contains(m.verbs, "") {
		return "", args, true
	}
	for len(args) > 0 && strings.HasPrefix(args[0], "-") {
		if slices.Contains(m.valued, args[0]) && len(args) > 1 {
			args = args[1:]
		}
		args = args[1:]
	}
	for _, verb := range m.verbs {
		words := strings.Fields(verb)
		if len(args) >= len(words) && slices.Equal(args[:len(words)], words) {
			return verb, args[len(words):], true
		}
	}
	return "", nil, false
}

// request reads the words behind the verb, and the script among them.
func (m manager) request(name, verb string, args []string) (r Request, script string) {
	r = Request{Manager: name, Verb: verb}
	var wanted []spec
	version, away, shell := "", false, false
	take := func(word string) {
		if s, ok := m.spec(word); ok {
			wanted = append(wanted, s)
		} else if n := len(wanted); n > 0 && m.behind != nil && m.behind(&wanted[n-1], word) {
			return
		} else if p := place(word); p != "" && p != "." {
			r.Elsewhere = append(r.Elsewhere, p)
		}
	}
	for i := 0; i < len(args); i++ {
		word := args[i]
		if !strings.HasPrefix(word, "-") || word == "-" {
			if word == "" || word == "-" {
				continue // known only when it runs
			}
			if !m.first || len(wanted)+len(r.Elsewhere) == 0 {
				take(word)
			}
			if shell {
				script = word
			}
			if m.first {
				break
			}
			continue
		}
		if word == "--" && m.first {
			continue
		}
		flag, value, inline := strings.Cut(word, "=")
		if !inline && m.takesValue(flag) && i+1 < len(args) {
			i++
			value = args[i]
		}
		switch {
		case slices.Contains(m.indexes, flag):
			r.Index = named(value)
		case slices.Contains(m.versions, flag):
			version = value
		case slices.Contains(m.packages, flag):
			take(value)
		case slices.Contains(m.scripts, flag):
			script = value
		case slices.Contains(m.shells, flag):
			shell = true
		case slices.Contains(m.elsewhere, flag) && value != "":
			if p := named(value); p != "" {
				r.Elsewhere = append(r.Elsewhere, p)
			}
			away = away || flag != "-f" && flag != "--find-links"
		}
	}
	if away && m.ecosystem != "pypi" { // the packages named come from there
		return r, script
	}
	m.name(&r, wanted, version)
	return r, script
}

func (m manager) takesValue(flag string) bool {
	for _, flags := range [][]string{m.valued, m.indexes, m.versions, m.packages, m.scripts, m.elsewhere} {
		if slices.Contains(flags, flag) {
			return true
		}
	}
	return false
}

// name makes purls of the packages wanted.
func (m manager) name(r *Request, wanted []spec, version string) {
	for _, s := range wanted {
		if version != "" && len(wanted) == 1 {
			s.version, s.constraint = exact(version)
		}
		p := source.Purl(m.ecosystem, s.name, s.version)
		if p == "" || slices.Contains(r.Purls, p) {
			continue
		}
		r.Purls = append(r.Purls, p)
		if s.constraint != "" && ranges.MatchString(s.constraint) {
			if r.Constraints == nil {
				r.Constraints = make(map[string]string)
			}
			r.Constraints[p] = git.Plain(s.constraint, maxPlace)
		}
	}
}
