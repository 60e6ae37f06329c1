package manifest

import (
	"cmp"
	"strings"

	"github.com/google/osv-scalibr/extractor"
	scalibrpurl "github.com/google/osv-scalibr/purl"

	"devtrail.dev/kit/purl"
)

// entry is one package as a file names it. The zero entry is one that no purl can name.
type entry struct {
	purlType  string
	namespace string
	name      string
	version   string
}

// purl gives the canonical text; false when the entry names no package by a purl.
func (e entry) purl() (string, bool) {
	if e.name == "" {
		return "", false
	}
	p, err := purl.New(e.purlType, e.namespace, e.name, e.version, nil, "")
	if err != nil {
		return "", false
	}
	text := p.Core()
	return text, len(text) <= purl.MaxLength
}

// entryFromPackage reads an extractor's answer. Where it differs from the extractor's own purl, the reason stands beside the case.
func entryFromPackage(p *extractor.Package) entry {
	switch p.PURLType {
	case scalibrpurl.TypeGit:
		// pkg:git/<name> says little and is no valid purl: the repository and the commit do.
		if p.SourceCode == nil {
			return entry{}
		}
		return entryFromSource(p.SourceCode.Repo, p.SourceCode.Commit)
	case scalibrpurl.TypeMaven:
		// The extractor's purl is in lower case; Maven and pom.xml tell HikariCP from hikaricp.
		group, artifact, ok := strings.Cut(p.Name, ":")
		if !ok {
			return entry{}
		}
		return entry{purlType: p.PURLType, namespace: group, name: artifact, version: p.Version}
	}
	u := p.PURL()
	if u == nil {
		return entry{}
	}
	return entry{purlType: u.Type, namespace: u.Namespace, name: u.Name, version: u.Version}
}

// entryFromGit names a package by a repository's address as people write it: with or without a scheme, a user, a query.
func entryFromGit(address, commit string) entry {
	return entryFromSource(repositoryOf(address), commit)
}

// repositoryOf is the address of a repository with https and nothing but host and path, the host as everyone names it. The short form of SSH has a colon behind
// the host: git@host:owner/name. So has a port, behind which host and path go on as ever.
func repositoryOf(address string) string {
	address, _, _ = strings.Cut(address, "?")
	if _, rest, found := strings.Cut(address, "://"); found {
		address = rest
	}
	host, path, _ := strings.Cut(address, "/")
	host = host[strings.LastIndexByte(host, '@')+1:]
	host, owner, short := strings.Cut(host, ":")
	if short && (!isPort(owner) || !strings.Contains(path, "/")) {
		path = owner + "/" + path
	}
	host = strings.ToLower(host)
	return "https://" + cmp.Or(hostAliases[host], host) + "/" + path
}

// hostAliases are other names of the hosts that have a purl type: those that offer SSH on the port of HTTPS, and the habit of www.
var hostAliases = map[string]string{
	"altssh.bitbucket.org": "bitbucket.org",
	"ssh.github.com":       "github.com",
	"www.bitbucket.org":    "bitbucket.org",
	"www.github.com":       "github.com",
}

// isPort is true for what may also be an owner's name, which has nothing but the repository behind it.
func isPort(text string) bool { return strings.Trim(text, "0123456789") == "" }

// entryFromSource names a package that is taken from a repository by the purl of the repository at the commit, on the hosts that have a purl type.
func entryFromSource(repository, commit string) entry {
	_, address, _ := strings.Cut(repository, "://")
	parts := strings.Split(strings.TrimSuffix(strings.Trim(address, "/"), ".git"), "/")
	if len(parts) != 3 || parts[1] == "" || parts[2] == "" || commit == "" {
		return entry{}
	}
	switch parts[0] {
	case "github.com":
		return entry{purlType: "github", namespace: parts[1], name: parts[2], version: commit}
	case "bitbucket.org":
		return entry{purlType: "bitbucket", namespace: parts[1], name: parts[2], version: commit}
	default:
		return entry{}
	}
}
