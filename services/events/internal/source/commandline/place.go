package commandline

import (
	"net/url"
	"regexp"
	"strings"
	"unicode"

	"devtrail.dev/kit/git"
)

// maxPlace is how long what is kept of a word may be.
const maxPlace = 200

var (
	// scheme is that of an address, behind what may be glued to it: the name of the package or of the registry.
	scheme = regexp.MustCompile(`[A-Za-z][A-Za-z0-9+.-]*$`)
	// direct is a package and where it comes from: name[extras] @ place; markers.
	direct = regexp.MustCompile(`^[A-Za-z0-9._-]+(?:\[[^\]\s]*\])?\s*@\s*(\S+)(?:\s*;.*)?$`)
	// places are addresses; what the managers' own protocols and ssh name; paths; archives. None has a sign that a shell knows.
	places = []*regexp.Regexp{
		regexp.MustCompile(`^[A-Za-z][A-Za-z0-9+.-]*://[^\s"'$;<>|{}` + "`" + `]+$`),
		regexp.MustCompile(`^(bitbucket|catalog|file|gist|git|github|gitlab|jsr|link|patch|portal|workspace|[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+):` + signless + `+$`),
		regexp.MustCompile(`^([A-Za-z]:[/\\])?` + signless + `*[/\\]` + signless + `*$`),
		regexp.MustCompile(`^\.` + signless + `*$`),
		regexp.MustCompile(`^` + signless + `+\.(crate|gem|gz|nupkg|tar|tgz|whl|zip)$`),
	}
	// ranges are what the versions of a package may be: one word, like a tag, or versions with signs between them.
	ranges = regexp.MustCompile(`^([^\s"'$;` + "`" + `]+|([(<>=~!^|,-]*\s*(v?[0-9*]\S*)?\s*)+)$`)
)

const signless = `[^\s"'$&:;<=>|(){}` + "`" + `]`

// place is the folder, archive or repository that a word names, without credentials. It is "" when it names none: such a word may be anything,
// like a script with a password in it.
func place(word string) string {
	if m := direct.FindStringSubmatch(word); m != nil {
		word = m[1]
	}
	if strings.ContainsFunc(word, unicode.IsSpace) {
		return ""
	}
	text := address(word)
	for _, p := range places {
		if p.MatchString(text) {
			return git.Plain(text, maxPlace)
		}
	}
	return ""
}

// named is the place that a word names where nothing else is expected, so that a plain name is one too: of a folder, or of a registry.
func named(word string) string {
	if simpleName.MatchString(word) {
		return git.Plain(word, maxPlace)
	}
	return place(word)
}

// address is an address without user, password, query and fragment, and without what is glued to it in front. Other words stay.
func address(text string) string {
	before, rest, ok := strings.Cut(text, "://")
	if !ok {
		text, _, _ = strings.Cut(text, "#")
		if after := text[strings.LastIndexByte(text, '@')+1:]; strings.Contains(after, ":") { // user@host:path, @scope/name@file:path
			return after
		}
		return text
	}
	text = scheme.FindString(before) + "://" + rest
	if u, err := url.Parse(text); err == nil {
		u.User, u.RawQuery, u.Fragment, u.RawFragment = nil, "", "", ""
		return u.String()
	}
	rest = rest[strings.LastIndexByte(rest, '@')+1:]
	rest, _, _ = strings.Cut(rest, "?")
	rest, _, _ = strings.Cut(rest, "#")
	return scheme.FindString(before) + "://" + rest
}
