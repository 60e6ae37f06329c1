package purl

import "strings"

// The specification keeps apart what its ecosystems hold to be the same. A question must find a package however its
// asker, a lock file or an advisory spells it, so these spellings are folded where packages are compared, never in String:
//
//   - golang: go.mod writes v1.2.3, advisories and lock file readers 1.2.3 (the OSV schema's form, which is ours).
//   - pypi: PEP 503 holds runs of "-", "_" and "." to be one "-".
func (p Purl) folded() Purl {
	if p.Type == "pypi" {
		p.Name = foldPyPI(p.Name)
	}
	return p
}

func foldVersion(typ, version string) string {
	if typ == "golang" && len(version) > 1 && version[0] == 'v' && '0' <= version[1] && version[1] <= '9' {
		return version[1:]
	}
	return version
}

func foldPyPI(name string) string {
	if !strings.ContainsAny(name, "._") && !strings.Contains(name, "--") {
		return name
	}
	parts := strings.FieldsFunc(name, func(r rune) bool { return r == '-' || r == '_' || r == '.' })
	if len(parts) == 0 {
		return name
	}
	return strings.Join(parts, "-")
}
