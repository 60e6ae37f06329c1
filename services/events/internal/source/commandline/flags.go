package commandline

import (
	"maps"
	"strings"
)

// use is what a program makes of a flag, and of the word behind it. Flags that are in no table stand alone and say nothing of packages, as do the letters that are
// there for those behind them.
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

// next reads the flag that the arguments begin with, and its value, which may be the word behind it. To some programs one dash is as good as two; to the
// others a value may be glued to its letter.
func (f flags) next(args []string, oneDash bool) (u use, value string, rest []string) {
	name, value, inline := strings.Cut(args[0], "=")
	u, known := f[name]
	switch {
	case known:
	case strings.HasPrefix(name, "--"): // to Go's programs two dashes are one
		u = f[name[1:]]
	case oneDash:
		u = f.long(name)
	default:
		u, value = f.letters(args[0])
		inline = value != ""
	}
	rest = args[1:]
	if u != alone && u != shell && !inline && len(rest) > 0 {
		value, rest = rest[0], rest[1:]
	}
	return u, value, rest
}

// long reads the name of a flag with one dash, -save-exact. One that is not in the table is several letters in one when all of them are: -yc. The last may have
// a value.
func (f flags) long(name string) use {
	if u, known := f["-"+name]; known {
		return u
	}
	last := alone
	for i := 1; i < len(name); i++ {
		u, known := f["-"+name[i:i+1]]
		if !known {
			return alone
		}
		if last != shell || u != alone {
			last = u
		}
	}
	return last
}

// letters reads several letters in one, of which one may have a value, glued to it or behind the word: -dG test, -rfile. What says something of packages is
// read as the first or the last of them only: behind letters that are not known it may be one of any word, -now=secret.
func (f flags) letters(word string) (u use, value string) {
	for i := 1; i < len(word); i++ {
		u := f["-"+word[i:i+1]]
		if u == aside || u != alone && (i == 1 || i == len(word)-1) {
			return u, strings.TrimPrefix(word[i+1:], "=")
		}
	}
	return alone, ""
}
