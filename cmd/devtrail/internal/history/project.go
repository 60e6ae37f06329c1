package history

import (
	"net/url"
	"path"
	"slices"
	"strings"
)

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

// Project returns the canonical name of a repository: host/owner/name from the address of its remote, whatever the protocol, without
// credentials, port and `.git`, lower case where the host does not mind. A repository without a remote, or with one on this machine,
// is called local/name.
func Project(remote, name string) string {
	host, repo, ok := splitRemote(strings.TrimSpace(remote))
	if ok {
		host = strings.ToLower(strings.TrimSuffix(host, "."))
		if other, found := aliases[host]; found {
			host = other
		}
		repo = strings.TrimPrefix(path.Clean("/"+repo), "/")
		repo = strings.TrimSuffix(strings.TrimSuffix(repo, ".git"), "/")
		if slices.Contains(caseless, host) {
			repo = strings.ToLower(repo)
		}
		if host != "" && repo != "" {
			return plain(host+"/"+repo, maxProject)
		}
	}
	return plain("local/"+name, maxProject)
}

// splitRemote finds host and path of an address, or says that it names no host.
func splitRemote(remote string) (host, repo string, ok bool) {
	if scheme, rest, found := strings.Cut(remote, "://"); found {
		if strings.EqualFold(scheme, "file") {
			return "", "", false
		}
		if address, err := url.Parse(remote); err == nil {
			return address.Hostname(), address.Path, true
		}
		// Git takes addresses that the URL syntax does not, like a password with a percent sign.
		rest, _, _ = strings.Cut(rest, "?")
		authority, repo, _ := strings.Cut(rest, "/")
		return withoutPort(authority[strings.LastIndexByte(authority, '@')+1:]), repo, true
	}
	if strings.Contains(remote, "::") && !strings.Contains(remote, "[") {
		return "", "", false // a remote helper
	}
	// user@host:path, the form of scp. A slash before the colon makes it a path; so does a single letter, a drive of Windows.
	at, rest, found := cutScp(remote)
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
func cutScp(remote string) (host, repo string, ok bool) {
	if open := strings.IndexByte(remote, '['); open >= 0 {
		if end := strings.Index(remote[open:], "]:"); end >= 0 {
			return remote[:open+end+1], remote[open+end+2:], true
		}
	}
	return strings.Cut(remote, ":")
}

func withoutPort(host string) string {
	if colon := strings.LastIndexByte(host, ':'); colon >= 0 && !strings.HasSuffix(host, "]") {
		host = host[:colon]
	}
	return strings.Trim(host, "[]")
}
