// Package git names what comes from Git alike, whoever tells of it: a repository by any of its addresses, a commit's event, a line of text.
// Importers of histories and adapters of webhooks both call it, so that what both tell counts once. It is pure.
package git

import (
	"net/url"
	"path"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxProject is the longest project that an event may have, in characters.
const MaxProject = 500

// caseless are the hosts that take an owner's and a repository's name in any letter case.
var caseless = []string{"bitbucket.org", "github.com", "gitlab.com"}

// aliases are other names of hosts: those that offer SSH on the HTTPS port, and the habit of www.
var aliases = map[string]string{
	"altssh.bitbucket.org": "bitbucket.org",
	"altssh.gitlab.com":    "gitlab.com",
	"ssh.github.com":       "github.com",
	"www.bitbucket.org":    "bitbucket.org",
	"www.github.com":       "github.com",
	"www.gitlab.com":       "gitlab.com",
}

// Repository returns the canonical name of a repository, host/owner/name, from any of its addresses: without protocol, credentials, port
// and `.git`, lower case where the host does not mind. It is empty when the address names no host or no repository.
func Repository(address string) string {
	host, repo, ok := splitAddress(strings.TrimSpace(address))
	if !ok {
		return ""
	}
	host = canonicalHost(host)
	repo = strings.TrimPrefix(path.Clean("/"+repo), "/")
	repo = strings.TrimSuffix(strings.TrimSuffix(repo, ".git"), "/")
	if host == "" || repo == "" {
		return ""
	}
	if slices.Contains(caseless, host) {
		repo = strings.ToLower(repo)
	}
	return Plain(host+"/"+repo, MaxProject)
}

// Host returns the name of an address's host, in lower case and without port; empty when it names none.
func Host(address string) string {
	host, _, _ := splitAddress(strings.TrimSpace(address))
	return canonicalHost(host)
}

// maxHost is the longest name of a host.
const maxHost = 253

// canonicalHost is empty for what cannot be a host.
func canonicalHost(host string) string {
	if len(host) > maxHost || !utf8.ValidString(host) || strings.ContainsFunc(host, func(r rune) bool {
		return unicode.IsControl(r) || unicode.IsSpace(r) || strings.ContainsRune(`/@?#\`, r)
	}) {
		return ""
	}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if other, found := aliases[host]; found {
		return other
	}
	return host
}

// splitAddress finds host and path of an address, or says that it names no host.
func splitAddress(address string) (host, repo string, ok bool) {
	if scheme, rest, found := strings.Cut(address, "://"); found {
		if strings.EqualFold(scheme, "file") {
			return "", "", false
		}
		if parsed, err := url.Parse(address); err == nil {
			return parsed.Hostname(), parsed.Path, true
		}
		// Git takes addresses that the URL syntax does not, like a password with a percent sign.
		rest, _, _ = strings.Cut(rest, "?")
		authority, repo, _ := strings.Cut(rest, "/")
		return withoutPort(authority[strings.LastIndexByte(authority, '@')+1:]), repo, true
	}
	if strings.Contains(address, "::") && !strings.Contains(address, "[") {
		return "", "", false // a remote helper
	}
	// user@host:path, the form of scp. A slash before the colon makes it a path; so does a single letter, a drive of Windows.
	at, rest, found := cutScp(address)
	if !found || strings.Contains(at, "/") {
		return "", "", false
	}
	at = at[strings.LastIndexByte(at, '@')+1:]
	if len(at) < 2 {
		return "", "", false
	}
	return strings.Trim(at, "[]"), rest, true
}

// cutScp cuts at the colon after the host, which may be an IPv6 address in brackets.
func cutScp(address string) (host, repo string, ok bool) {
	if open := strings.IndexByte(address, '['); open >= 0 {
		if end := strings.Index(address[open:], "]:"); end >= 0 {
			return address[:open+end+1], address[open+end+2:], true
		}
	}
	return strings.Cut(address, ":")
}

func withoutPort(host string) string {
	if colon := strings.LastIndexByte(host, ':'); colon >= 0 && !strings.HasSuffix(host, "]") {
		host = host[:colon]
	}
	return strings.Trim(host, "[]")
}
