package identity

import (
	"net/url"
	"strconv"
	"strings"
	"unicode"

	"github.com/google/uuid"
)

// forms says in words what each kind's value looks like, for the error of a value that does not.
var forms = map[Kind]string{
	KindGitEmail:         "an e-mail address",
	KindGitHubAccount:    "a numeric account id",
	KindGitLabAccount:    "a numeric account id, after the host and a slash when it is not gitlab.com",
	KindBitbucketAccount: "a UUID or an Atlassian account id",
	KindLogin:            "a host, a slash and a login name",
	KindMachine:          "a machine name",
	KindBrowserAnonymous: "an anonymous id",
	KindOIDCSubject:      "an issuer URL, a space and a subject",
	KindAPIKey:           "the UUID of a key",
	KindExternal:         "an id",
}

// canonical brings a value without surrounding blanks into the form of its kind.
// The subject is the part that tells people of one source apart: a value whose subject is generic is generic.
func canonical(kind Kind, value string) (canonicalValue, subject string, ok bool) {
	if value == "" || strings.ContainsFunc(value, unicode.IsControl) {
		return "", "", false
	}
	switch kind {
	case KindGitEmail:
		// Git takes any text for an address, and histories converted from elsewhere hold bare names. They are names all the same.
		address := lower(value)
		return address, address, true
	case KindGitHubAccount:
		return account(value)
	case KindGitLabAccount:
		return gitLabAccount(value)
	case KindBitbucketAccount:
		return bitbucketAccount(value)
	case KindLogin:
		return login(value)
	case KindOIDCSubject:
		return oidcSubject(value)
	case KindAPIKey:
		id, err := uuid.Parse(value)
		if err != nil || len(value) != len(id.String()) {
			return "", "", false
		}
		return id.String(), id.String(), true
	case KindMachine, KindBrowserAnonymous, KindExternal:
		return value, value, true
	default:
		return "", "", false
	}
}

// lower writes a text in lower case. Of the letters beyond ASCII two, İ and the sign of Kelvin, would become i and k: they stay as they are, since whoever
// has an address or a login with one is not who has it with the letter that only looks like it.
func lower(text string) string {
	return strings.Map(func(r rune) rune {
		if small := unicode.ToLower(r); r <= unicode.MaxASCII || small > unicode.MaxASCII {
			return small
		}
		return r
	}, text)
}

// account reads a decimal account id; leading zeros are dropped.
func account(value string) (string, string, bool) {
	if strings.ContainsFunc(value, func(r rune) bool { return r < '0' || r > '9' }) {
		return "", "", false
	}
	number, err := strconv.ParseUint(value, 10, 63)
	if err != nil {
		return "", "", false
	}
	text := strconv.FormatUint(number, 10)
	return text, text, true
}

// gitLabAccount reads `42`, `gitlab.com/42` (the same) and `git.example.org/42`.
func gitLabAccount(value string) (string, string, bool) {
	host, number, found := strings.Cut(value, "/")
	if !found {
		return account(value)
	}
	text, _, ok := account(number)
	if !ok || !isHost(host) {
		return "", "", false
	}
	if host = lower(host); host == "gitlab.com" {
		return text, text, true
	}
	return host + "/" + text, text, true
}

// bitbucketAccount reads a UUID, with or without the braces Bitbucket puts around it, or Atlassian's account id, which has letter case.
func bitbucketAccount(value string) (string, string, bool) {
	bare := strings.TrimSuffix(strings.TrimPrefix(value, "{"), "}")
	if id, err := uuid.Parse(bare); err == nil && len(bare) == len(id.String()) {
		return id.String(), id.String(), true
	}
	if len(value) > 128 || strings.ContainsFunc(value, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && !strings.ContainsRune(":_-", r)
	}) {
		return "", "", false
	}
	return value, value, true
}

// login reads `host/name`. No provider we know tells logins apart by letter case.
func login(value string) (string, string, bool) {
	host, name, found := strings.Cut(lower(value), "/")
	if !found || !isHost(host) || name == "" || strings.Contains(name, "/") || strings.ContainsFunc(name, unicode.IsSpace) {
		return "", "", false
	}
	return host + "/" + name, name, true
}

// oidcSubject reads `issuer subject`. The issuer is compared exactly, as OpenID Connect asks.
func oidcSubject(value string) (string, string, bool) {
	issuer, subject, found := strings.Cut(value, " ")
	subject = strings.TrimSpace(subject)
	if !found || subject == "" {
		return "", "", false
	}
	address, err := url.Parse(issuer)
	if err != nil || address.Host == "" || (address.Scheme != "https" && address.Scheme != "http") {
		return "", "", false
	}
	return issuer + " " + subject, subject, true
}

// isHost reports whether the text could be a host name, with or without a port.
func isHost(text string) bool {
	return text != "" && !strings.ContainsFunc(text, func(r rune) bool {
		return unicode.IsSpace(r) || strings.ContainsRune("/@?#\\", r)
	})
}
