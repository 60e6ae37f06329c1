package commandline

import (
	"regexp"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/syntax"
)

// A word that is known only when a command runs is empty, but for two things that are known of it.
const (
	// assigned is a variable with a value.
	assigned = "="
	// unknown is the folder of a program.
	unknown = "\x00"
)

// How many words one may become, and how many more those of a command may become in all; how many braces a word may open, for each of which the parser looks
// for the end.
const (
	maxBraced = 50
	maxWords  = 500
	maxOpened = 20
)

var assignment = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*\+?=`)

// words are the texts of a command's words.
func words(list []*syntax.Word) []string {
	texts := make([]string, 0, len(list))
	left := maxWords
	for _, word := range list {
		word := &syntax.Word{Parts: slices.Clone(word.Parts)} // the walk through the script does not know braces
		if opened(word.Parts) <= maxOpened && syntax.SplitBraces(word) {
			if n := braced(word.Parts); n <= min(maxBraced, left) {
				left -= n
				for _, one := range expand.Braces(word) {
					texts = append(texts, text(one.Parts))
				}
				continue
			}
		}
		t := text(word.Parts)
		if t == "" && len(word.Parts) > 0 {
			t = partly(word.Parts)
		}
		texts = append(texts, t)
	}
	return texts
}

// opened is how many braces a word opens.
func opened(parts []syntax.WordPart) (n int) {
	for _, part := range parts {
		if lit, ok := part.(*syntax.Lit); ok {
			n += strings.Count(lit.Value, "{")
		}
	}
	return n
}

// braced is how many words the braces of one make, or more than may be.
func braced(parts []syntax.WordPart) int {
	n := 1
	for _, part := range parts {
		braces, ok := part.(*syntax.BraceExp)
		if !ok {
			continue
		}
		if braces.Sequence {
			return maxBraced + 1
		}
		sum := 0
		for _, elem := range braces.Elems {
			sum += braced(elem.Parts)
		}
		if n = min(n*sum, maxBraced+1); n > maxBraced {
			return n
		}
	}
	return n
}

// partly is what is known of a word that is known only when the command runs: NAME=$VALUE, "$FOLDER"/bin/program.
func partly(parts []syntax.WordPart) string {
	if first, ok := parts[0].(*syntax.Lit); ok && assignment.MatchString(first.Value) {
		return assigned
	}
	last := parts[len(parts)-1]
	if quoted, ok := last.(*syntax.DblQuoted); ok && len(quoted.Parts) > 1 {
		last = quoted.Parts[len(quoted.Parts)-1]
	}
	if end, ok := last.(*syntax.Lit); ok && strings.Contains(end.Value, "/") {
		return unknown + "/" + end.Value[strings.LastIndexByte(end.Value, '/')+1:]
	}
	return ""
}

// known are words of which those that are known in part are empty: only a program's name is one without its folder.
func known(words []string) []string {
	all := slices.Clone(words)
	for i, word := range all {
		if strings.HasPrefix(word, unknown) {
			all[i] = ""
		}
	}
	return all
}

// text is what a shell makes of the parts of a word, as far as they say it.
func text(parts []syntax.WordPart) string {
	var b strings.Builder
	for _, part := range parts {
		switch part := part.(type) {
		case *syntax.Lit:
			b.WriteString(unescaped(part.Value, ""))
		case *syntax.SglQuoted:
			b.WriteString(quoted(part))
		case *syntax.DblQuoted:
			for _, inner := range part.Parts {
				lit, ok := inner.(*syntax.Lit)
				if !ok {
					return ""
				}
				b.WriteString(unescaped(lit.Value, "$`\"\\\n"))
			}
		default:
			return ""
		}
	}
	return b.String()
}

// quoted is what stands between single quotes. Between $' and ' escapes are read, up to the first that makes a NUL, as a shell does: a word has none.
func quoted(part *syntax.SglQuoted) string {
	if !part.Dollar {
		return part.Value
	}
	value, _, _ := expand.Format(nil, part.Value+"\x00", nil) // which reads behind a text that ends with the digits of an escape
	value, _, _ = strings.Cut(value, "\x00")
	return value
}

// unescaped takes away the backslashes before any sign, or before one of those.
func unescaped(s, before string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) && (before == "" || strings.IndexByte(before, s[i+1]) >= 0) {
			i++
			if s[i] == '\n' { // a line that goes on
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}
