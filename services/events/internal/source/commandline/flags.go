package commandline

import (
	"maps"
	"strings"
)

// use is what a program makes of a flag, and of the word behind it. Flags that are in no table stand alone and say nothing of packages.
type use int

const (
	alone use = iota
	// shell: it stands alone, and says that the first word is a script.
	shell
	// aside: its value says nothing of packages.
	aside
	// besides: its value is a package. instead: it is the one that the command comes from, whatever that is called.
	besides
	instead
	// origin: its value is where the packages come from instead of the registry. links: it is one place more to look for them.
	origin
	links
	// pinned: its value is the version of the package. registry: it is the registry. script: it is a script of the shell.
	pinned
	registry
	script
)

// flags are those of a program, by name.
type flags map[string]use

// table makes flags of their names.
func table(names map[use]string) flags { return flags{}.with(names) }

// with returns the flags with others, which mean what they mean here.
func (f flags) with(names map[use]string) flags {
	all := maps.Clone(f)
	for u, list := range names {
		for name := range strings.FieldsSeq(list) {
			all[name] = u
		}
	}
	return all
}

// next reads the flag that the arguments begin with, and its value, which may be the word behind it.
func (f flags) next(args []string) (u use, value string, rest []string) {
	name, value, inline := strings.Cut(args[0], "=")
	u = f[name]
	if u == alone && strings.HasPrefix(name, "--") { // to Go's programs two dashes are one
		u = f[name[1:]]
	} else if u == alone { // several letters in one, of which the last may have a value: -dG test, -rfile
		for i := 1; i < len(name) && u == alone; i++ {
			u, value = f["-"+args[0][i:i+1]], args[0][i+1:]
		}
		inline = value != ""
		value = strings.TrimPrefix(value, "=")
	}
	rest = args[1:]
	if u != alone && u != shell && !inline && len(rest) > 0 {
		value, rest = rest[0], rest[1:]
	}
	return u, value, rest
}
