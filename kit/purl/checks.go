package purl

import (
	"strings"

	"github.com/google/uuid"
)

// adjustPyPI folds the two characters that PyPI does not tell apart.
func adjustPyPI(p *Purl) { p.Name = strings.ReplaceAll(p.Name, "_", "-") }

// adjustGit makes the host the namespace and the whole path on it the name, slashes included.
func adjustGit(p *Purl) {
	path := segments(p.Namespace+"/"+p.Name, false)
	host, repository, ok := strings.Cut(path, "/")
	if !ok {
		host, repository = "", path
	}
	p.Namespace, p.Name = host, repository
}

// adjustPub keeps a-z, 0-9 and _, the only characters of a pub name.
func adjustPub(p *Purl) {
	p.Name = strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return '_'
	}, p.Name)
}

// adjustSWID lower-cases a tag that is a GUID.
func adjustSWID(p *Purl) {
	for i, q := range p.Qualifiers {
		if q.Key == "tag_id" && len(q.Value) == 36 && uuid.Validate(q.Value) == nil {
			p.Qualifiers[i].Value = strings.ToLower(q.Value)
		}
	}
}

func checkChrome(p Purl) string {
	if len(p.Name) != 32 || strings.Trim(p.Name, "abcdefghijklmnop") != "" {
		return "a chrome-extension is named by 32 letters from a to p"
	}
	if p.Version == "" {
		return ""
	}
	segments := strings.Split(p.Version, ".")
	for _, s := range segments {
		if s == "" || strings.Trim(s, "0123456789") != "" {
			return "a chrome-extension version is 1 to 4 numbers"
		}
	}
	if len(segments) > 4 {
		return "a chrome-extension version is 1 to 4 numbers"
	}
	return ""
}

func checkPod(p Purl) string {
	if strings.HasPrefix(p.Name, ".") || strings.ContainsAny(p.Name, "+ \t\r\n") {
		return "a pod name has no space, no plus and no leading period"
	}
	return ""
}

func checkCPAN(p Purl) string {
	if strings.Contains(p.Name, "::") {
		return "a cpan distribution name has no \"::\""
	}
	if strings.ToUpper(p.Namespace) != p.Namespace {
		return "a cpan namespace is upper-case"
	}
	return ""
}
