package source

import (
	"strings"
	"unicode"

	"devtrail.dev/kit/git"
)

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
	var out strings.Builder
	for {
		before, rest, found := strings.Cut(text, "://")
		out.WriteString(before)
		if !found {
			return out.String()
		}
		end := strings.IndexFunc(rest, endsAddress)
		if end < 0 {
			end = len(rest)
		}
		out.WriteString("://" + bare(rest[:end]))
		text = rest[end:]
	}
}

// BareAddress is BareAddresses of a text that is an address, whatever stands in it.
func BareAddress(address string) string {
	scheme, rest, found := strings.Cut(address, "://")
	if !found {
		return address
	}
	return scheme + "://" + bare(rest)
}

// bare cuts what stands behind "://". Others may stand in it, as in a list without blanks.
func bare(rest string) string {
	parts := strings.Split(rest, "://")
	for i, part := range parts {
		parts[i] = withoutUser(part)
	}
	rest = strings.Join(parts, "://")
	if mark := strings.IndexAny(rest, "?#"); mark >= 0 {
		rest = rest[:mark]
	}
	return rest
}

// withoutUser takes user and password off what begins with them. A mark that should be encoded may be a part of the password: what it leaves of the
// authority then has a port that is no number.
func withoutUser(rest string) string {
	authority := rest
	if end := strings.IndexAny(rest, "/?#"); end >= 0 {
		authority = rest[:end]
	}
	at := strings.LastIndexByte(authority, '@')
	if colon := strings.LastIndexByte(authority, ':'); at < 0 && colon > strings.LastIndexByte(authority, ']') && strings.Trim(authority[colon+1:], "0123456789") != "" {
		at = strings.LastIndexByte(rest, '@')
	}
	return rest[at+1:]
}

// endsAddress tells whether a character in a text stands behind an address.
func endsAddress(r rune) bool {
	return unicode.IsSpace(r) || unicode.IsControl(r) || strings.ContainsRune("\"<>`", r)
}
