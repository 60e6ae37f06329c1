package source

import (
	"strings"
	"unicode"

	"devtrail.dev/kit/git"
)

// marks end an address in a text, as blanks do. They may be in a password that should have them encoded.
const marks = "\"<>`"

// Repository is git.Repository of a text that may be no address: Git reads any name with a colon as one, here an address has "://", or an "@" before the colon.
func Repository(text string) string {
	before, _, _ := strings.Cut(text, ":")
	if !strings.Contains(text, "://") && !strings.Contains(before, "@") {
		return ""
	}
	return git.Repository(text)
}

// BareAddresses takes out of the addresses in a text what may be a credential: user, password, query and fragment.
func BareAddresses(text string) string {
	scheme, rest, found := strings.Cut(text, "://")
	if !found {
		return text
	}
	if len(schemeOf(scheme)) == len(strings.TrimSpace(scheme)) { // the text is an address
		text = scheme + "://" + withoutUserOfAll(rest)
	}
	var out strings.Builder
	out.Grow(len(text))
	for text != "" {
		end := strings.IndexFunc(text, isBlank)
		if end < 0 {
			end = len(text)
		}
		writeBare(&out, text[:end], marks)
		text = text[end:]
		next := strings.IndexFunc(text, func(r rune) bool { return !isBlank(r) })
		if next < 0 {
			next = len(text)
		}
		out.WriteString(text[:next])
		text = text[next:]
	}
	return out.String()
}

// BareAddress is BareAddresses of a text that is an address, whatever stands in it.
func BareAddress(address string) string {
	scheme, rest, found := strings.Cut(address, "://")
	if !found {
		return address
	}
	var out strings.Builder
	writeBare(&out, scheme+"://"+withoutUserOfAll(rest), "")
	return out.String()
}

// writeBare writes a word without what may be a credential of the addresses in it, which the marks end. Others may stand in one, as in a list, or in its query.
func writeBare(out *strings.Builder, word, marks string) {
	before, rest, found := strings.Cut(word, "://")
	out.WriteString(before)
	query := false
	for found {
		var part string
		part, rest, found = strings.Cut(rest, "://")
		next := part
		if !query {
			out.WriteString("://")
			part = part[userEnd(before, part, marks):]
		}
		end := addressEnd(part, marks)
		if !query {
			mark := strings.IndexAny(part[:end], "?#")
			if query = mark >= 0; !query {
				mark = end
			}
			out.WriteString(part[:mark])
		}
		if end < len(part) {
			out.WriteString(part[end:])
			query = false
		}
		before = next
	}
}

// withoutUserOfAll takes user and password off what stands behind "://" in a text that is one address: blanks and marks before the path are theirs. A text
// that goes on behind an address may name somebody, ada@example.org, where nothing before that is a password.
func withoutUserOfAll(rest string) string {
	end := strings.IndexFunc(rest, func(r rune) bool { return r == '/' || unicode.IsControl(r) })
	if end < 0 {
		end = len(rest)
	}
	at := strings.LastIndexByte(rest[:end], '@')
	if at < 0 || strings.ContainsFunc(rest[:at], isBlank) && !strings.Contains(rest[:at], ":") {
		return rest
	}
	return rest[at+1:]
}

// userEnd is where user and password end that a part begins with, which stands behind "://" and goes as far as the next one. A mark that should be
// encoded may be in the password: what stands before it then is no host with a port, or has an "@" behind it and no path before that.
func userEnd(before, part, marks string) int {
	end := addressEnd(part, marks)
	authority := part[:end]
	if i := strings.IndexAny(authority, "/?#"); i >= 0 {
		authority = authority[:i]
	}
	if at := strings.LastIndexByte(authority, '@'); at >= 0 {
		return at + 1
	}
	colon := strings.LastIndexByte(authority, ':')
	port := colon > strings.LastIndexByte(authority, ']')
	host, _, _ := strings.Cut(part, "/")
	switch {
	case port && strings.Trim(authority[colon+1:], "0123456789") != "":
		if at := strings.LastIndexByte(host, '@'); at >= 0 {
			return at + 1
		}
		return strings.LastIndexByte(part, '@') + 1
	case !port && strings.ContainsAny(part[:end], "/@"), quoted(before, part[end:]):
		return 0
	}
	return strings.LastIndexByte(host, '@') + 1
}

// addressEnd is where the address ends that a part of a word begins with.
func addressEnd(part, marks string) int {
	if end := strings.IndexAny(part, marks); end >= 0 {
		return end
	}
	return len(part)
}

// quoted tells whether an address stands in quotes or the like: what is before it, with its scheme, has the one, and what is behind it the other.
func quoted(before, behind string) bool {
	before = strings.TrimSuffix(before, schemeOf(before))
	if before == "" || behind == "" {
		return false
	}
	switch before[len(before)-1] {
	case '<':
		return behind[0] == '>'
	case '"', '`':
		return behind[0] == before[len(before)-1]
	}
	return false
}

// schemeOf is the scheme of an address that a text ends with.
func schemeOf(text string) string {
	return text[strings.LastIndexFunc(text, func(r rune) bool {
		return r != '+' && r != '-' && r != '.' && (r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r))
	})+1:]
}

// isBlank tells whether a character stands between words.
func isBlank(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }
