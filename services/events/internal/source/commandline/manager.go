package commandline

import (
	"path"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"devtrail.dev/kit/git"
	"devtrail.dev/services/events/internal/source"
)

// manager is how a package manager is asked for packages.
type manager struct {
	// ecosystem names the packages.
	ecosystem string
	// flags are those of the program.
	flags flags
	// verbs are the words that ask for packages, of one or two words; "" needs none.
	verbs []string
	// first says that only the first word after the verb is a package, and the rest belongs to it; tail that what stands behind -- is for others.
	first, tail bool
	// runs says that what stands behind the flags is a command.
	runs bool
	// strict says that a word that names no package names something else of this machine: a file, a folder for what is made.
	strict bool
	// skipped is how many words stand before the packages.
	skipped int
	// oneDash says that it is as good as two in front of a flag, and that no value is glued to a letter.
	oneDash bool
	// spec takes the word of a package apart; false: it names none of the registry.
	spec func(word string) (spec, bool)
	// behind takes a word that belongs to the package named before it; false: it is a word like others. Most managers have none such.
	behind func(s *spec, word string) bool
}

// running returns the manager as it is asked to run a package's program at once.
func (m manager) running() manager {
	m.first = true
	return m
}

// making returns the manager as it is asked to run the program of a package that makes a project.
func (m manager) making() manager {
	m.first, m.strict = true, true
	return m
}

// after returns the manager with words before the packages.
func (m manager) after(words int) manager {
	m.skipped = words
	return m
}

// starting returns a manager that runs a command in what it has set up.
func (m manager) starting(verbs ...string) manager {
	m.runs, m.first, m.verbs = true, false, verbs
	return m
}

// read reads the arguments of a program: what it asks for, which may be nothing, and the script or the command that it is to run.
func read(name string, args []string) (r Request, script string, command []string) {
	name, args = verbFirst(name, args)
	for _, m := range managers[name] {
		c := call{manager: m}
		if verb, rest, ok := c.verb(args); ok {
			c.words(rest)
			return c.request(name, verb), c.script, c.command
		}
	}
	return Request{}, "", nil
}

// versioned are the names of pip for one of several Pythons.
var versioned = regexp.MustCompile(`^pip[0-9]+\.[0-9]+$`)

// verbFirst is a command in the form that has its verb first, but for flags.
func verbFirst(name string, args []string) (program string, rest []string) {
	switch {
	case strings.HasPrefix(name, "python") || name == "py": // python -m pip install
		return module(name, args)
	case versioned.MatchString(name): // pip3.12, as systems have it beside pip3
		return "pip3", args
	case name == "cargo" && len(args) > 1 && strings.HasPrefix(args[0], "+"): // cargo +toolchain add
		return name, args[1:]
	case name == "composer.phar":
		return "composer", args
	case (name == "php" || name == "symfony") && len(args) > 1: // php composer.phar require
		if script := strings.TrimSuffix(path.Base(args[0]), ".phar"); script == "composer" {
			return script, args[1:]
		}
	case name == "dotnet" && len(args) > 1 && args[0] == "add": // dotnet add [project] package Name
		if i := slices.Index(args, "package"); i > 0 {
			return name, append([]string{"package", "add"}, args[i+1:]...)
		}
	case name == "yarn" && len(args) > 2 && args[0] == "workspace": // yarn workspace name add
		return name, args[2:]
	}
	return name, args
}

// module is what Python runs with -m, which may be the last letter of several, and have the name glued to it.
func module(python string, args []string) (name string, rest []string) {
	for len(args) > 0 && strings.HasPrefix(args[0], "-") {
		word := args[0]
		args = args[1:]
		at := strings.IndexAny(word, "cmWX")
		if strings.HasPrefix(word, "--") || at < 0 {
			continue
		}
		value := word[at+1:]
		if value == "" && len(args) > 0 {
			value, args = args[0], args[1:]
		}
		switch word[at] {
		case 'c':
			return python, nil
		case 'm':
			return value, args
		}
	}
	return python, nil
}

// call is what one command says, as far as it is read.
type call struct {
	manager
	wanted             []spec
	elsewhere          []string
	index, pinned      string
	script             string
	command            []string
	away, named, shell bool
}

// verb finds what is asked for, behind flags that stand before it.
func (c *call) verb(args []string) (verb string, rest []string, ok bool) {
	if slices.Contains(c.verbs, "") {
		return "", args, true
	}
	for len(args) > 0 && strings.HasPrefix(args[0], "-") {
		args = c.flag(args)
	}
	for _, verb := range c.verbs {
		words := strings.Fields(verb)
		if len(args) >= len(words) && slices.Equal(args[:len(words)], words) {
			return verb, args[len(words):], true
		}
	}
	return "", nil, false
}

// words reads what stands behind the verb.
func (c *call) words(args []string) {
	for len(args) > 0 {
		word := args[0]
		if word == "--" && c.tail {
			return
		}
		if strings.HasPrefix(word, "-") && word != "-" {
			args = c.flag(args)
			continue
		}
		if c.runs {
			c.command = args
			if _, name, ok := strings.Cut(word, ":"); ok && len(managers[name]) > 0 { // hatch run test:pip install
				c.command = append([]string{name}, args[1:]...)
			}
			return
		}
		args = args[1:]
		if c.skipped > 0 {
			c.skipped--
			continue
		}
		if word == "" || word == "-" {
			continue // known only when it runs
		}
		if c.shell {
			c.script = word
		}
		if !c.named {
			c.take(word)
		}
		if c.first {
			if name, _, _ := strings.Cut(word, "@"); len(managers[name]) > 0 && !c.strict { // npx pnpm@9 add
				c.command = append([]string{name}, args...)
			}
			return
		}
	}
}

// flag reads the flag that the arguments begin with, and returns those behind it.
func (c *call) flag(args []string) (rest []string) {
	use, value, rest := c.flags.next(args, c.oneDash)
	if use == alone && c.oneDash && len(rest) > 0 && (rest[0] == "true" || rest[0] == "false") { // npm i --audit false
		rest = rest[1:]
	}
	switch use {
	case alone, aside:
	case shell:
		c.shell = true
	case besides:
		for _, word := range split(value) {
			c.take(word)
		}
	case instead:
		c.take(value)
		c.named = true
	case origin, links:
		if p := named(value); p != "" {
			c.elsewhere = append(c.elsewhere, p)
		}
		c.away = c.away || use == origin
	case pinned:
		c.pinned = value
	case registry:
		c.index = named(value)
	case script:
		c.script = value
	}
	return rest
}

// split takes several packages in one word apart, of which each begins with a letter: a,b>=1,<2[c,d].
func split(list string) (words []string) {
	depth, start := 0, 0
	for i := range len(list) {
		switch list[i] {
		case '[':
			depth++
		case ']':
			depth--
		case ',':
			next := strings.TrimSpace(list[i+1:])
			if depth == 0 && next != "" && unicode.IsLetter(rune(next[0])) {
				words, start = append(words, strings.TrimSpace(list[start:i])), i+1
			}
		}
	}
	return append(words, strings.TrimSpace(list[start:]))
}

// take takes the word of a package.
func (c *call) take(word string) {
	if s, ok := c.spec(word); ok {
		c.wanted = append(c.wanted, s)
	} else if n := len(c.wanted); n > 0 && c.behind != nil && c.behind(&c.wanted[n-1], word) {
		return
	} else if p := place(word); p != "" && p != "." && !c.strict {
		c.elsewhere = append(c.elsewhere, p)
	}
}

// request is what is asked for.
func (c *call) request(name, verb string) Request {
	r := Request{Manager: name, Verb: verb, Elsewhere: c.elsewhere, Index: c.index}
	if c.away && c.ecosystem != "pypi" { // the packages named come from there
		return r
	}
	for _, s := range c.wanted {
		if c.pinned != "" && len(c.wanted) == 1 {
			s.version, s.constraint = exact(c.pinned)
		}
		p := source.Purl(c.ecosystem, s.name, s.version)
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
	return r
}
