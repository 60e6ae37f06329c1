package commandline

import (
	"regexp"
	"slices"
	"strings"
)

// spec is a package as a command names it: with exactly one version, or with what it may be.
type spec struct {
	name, version, constraint string
}

var (
	nodeName     = regexp.MustCompile(`^(@[A-Za-z0-9._~-]+/)?[A-Za-z0-9_~-][A-Za-z0-9._~-]*$`)
	pythonName   = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$`)
	simpleName   = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9._-]*$`)
	composerName = regexp.MustCompile(`^[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+$`)
	// What stands alone may also name PHP, or an extension of it: php, ext-json.
	composerBehind = regexp.MustCompile(`^([0-9^~<>=!*@]|v[0-9]|dev-)[^/]*$`)

	goPath   = regexp.MustCompile(`^[A-Za-z0-9.-]+\.[A-Za-z]+(/[A-Za-z0-9._~-]+)+$`)
	version  = regexp.MustCompile(`^[0-9]+(\.[0-9A-Za-z]+)*([-+.][0-9A-Za-z.+-]+)?$`)
	semantic = regexp.MustCompile(`^[0-9]+\.[0-9]+\.[0-9]+([-+][0-9A-Za-z.+-]+)?$`)
)

// exact tells a version from a range of them, as 2.x is one.
func exact(text string) (one, constraint string) {
	text = strings.TrimSpace(text)
	trimmed := strings.TrimSpace(strings.TrimLeft(text, "="))
	if version.MatchString(trimmed) && !slices.Contains(strings.Split(strings.ToLower(trimmed), "."), "x") {
		return trimmed, ""
	}
	return "", text
}

// npmSpec reads [alias@npm:][@scope/]name[@version].
func npmSpec(word string) (spec, bool) {
	if i := strings.Index(word, "npm:"); i == 0 || i > 0 && word[i-1] == '@' {
		word = word[i+len("npm:"):]
	}
	name, rest := word, ""
	if i := strings.LastIndexByte(word, '@'); i > 0 {
		name, rest = word[:i], word[i+1:]
	}
	if !nodeName.MatchString(name) || strings.ContainsAny(rest, "/:") || strings.HasSuffix(name, ".tgz") {
		return spec{}, false
	}
	s := spec{name: name}
	if v := strings.TrimPrefix(strings.TrimPrefix(rest, "="), "v"); semantic.MatchString(v) {
		s.version = v
	} else {
		s.constraint = rest
	}
	return s, true
}

// initSpec reads what npm create names: its package is called create- and that. To some a name that begins so is that of the package.
func initSpec(whole bool) func(string) (spec, bool) {
	return func(word string) (spec, bool) {
		scope, name := "", word
		if strings.HasPrefix(word, "@") {
			end := strings.IndexAny(word[1:], "/@") + 1
			if end == 0 {
				end = len(word)
			}
			if scope, name = word[:end]+"/", strings.TrimPrefix(word[end:], "/"); name == "" || name[0] == '@' {
				return npmSpec(scope + "create" + name)
			}
		}
		if !nodeName.MatchString(name) && !strings.Contains(name, "@") || strings.ContainsAny(name, "/:") {
			return spec{}, false
		}
		if whole && strings.HasPrefix(name, "create-") {
			return npmSpec(scope + name)
		}
		return npmSpec(scope + "create-" + name)
	}
}

// denoSpec reads npm:[@scope/]name[@version]: other words name packages of other registries, or files.
func denoSpec(word string) (spec, bool) {
	if !strings.HasPrefix(word, "npm:") {
		return spec{}, false
	}
	return npmSpec(word)
}

// condaSpec reads [channel::]name[=version]. One = is any version that begins so.
func condaSpec(word string) (spec, bool) {
	if i := strings.Index(word, "::"); i >= 0 {
		word = word[i+2:]
	}
	end := strings.IndexAny(word, "[=<>~! ")
	if end < 0 {
		end = len(word)
	}
	name, rest := word[:end], strings.TrimSpace(word[end:])
	if !simpleName.MatchString(name) || strings.HasSuffix(name, ".conda") || strings.HasSuffix(name, ".bz2") {
		return spec{}, false
	}
	if v, ok := strings.CutPrefix(rest, "=="); ok && version.MatchString(v) {
		return spec{name: name, version: v}, true
	}
	return spec{name: name, constraint: rest}, true
}

// pythonSpec reads name[extras]==version; markers are dropped. uvx and poetry also take name@version, which is exact.
func pythonSpec(word string) (spec, bool) {
	word, _, _ = strings.Cut(word, ";")
	word = strings.TrimSpace(word)
	end := strings.IndexAny(word, "[=<>~!@ ")
	if end < 0 {
		end = len(word)
	}
	name, rest := word[:end], strings.TrimSpace(word[end:])
	if strings.HasPrefix(rest, "[") {
		_, after, ok := strings.Cut(rest, "]")
		if !ok {
			return spec{}, false
		}
		rest = strings.TrimSpace(after)
	}
	if !pythonName.MatchString(name) || strings.HasSuffix(name, ".whl") || strings.HasSuffix(name, ".tar.gz") || strings.Contains(rest, "/") {
		return spec{}, false
	}
	if rest != "" && !strings.ContainsAny(rest[:1], "(<=>~!@") { // words behind a name are those of a command
		return spec{}, false
	}
	s := spec{name: name, constraint: rest}
	for _, sign := range []string{"===", "==", "@"} {
		if v, ok := strings.CutPrefix(rest, sign); ok && version.MatchString(strings.TrimSpace(v)) {
			s.version, s.constraint = strings.TrimSpace(v), ""
			break
		}
	}
	return s, true
}

// goSpec reads path@version.
func goSpec(word string) (spec, bool) {
	name, rest, _ := strings.Cut(word, "@")
	name = strings.TrimSuffix(name, "/...")
	if !goPath.MatchString(name) || rest == "none" {
		return spec{}, false
	}
	if v, ok := strings.CutPrefix(rest, "v"); ok && semantic.MatchString(v) {
		return spec{name: name, version: rest}, true
	}
	return spec{name: name, constraint: rest}, true
}

// goRunSpec reads path@version: without a version it is of the module that it is run in.
func goRunSpec(word string) (spec, bool) {
	if !strings.Contains(word, "@") {
		return spec{}, false
	}
	return goSpec(word)
}

// cargoSpec reads name@requirement. A bare version is a requirement, only =version is exact.
func cargoSpec(word string) (spec, bool) {
	name, rest, _ := strings.Cut(word, "@")
	if !simpleName.MatchString(name) {
		return spec{}, false
	}
	if v, ok := strings.CutPrefix(rest, "="); ok && semantic.MatchString(v) {
		return spec{name: name, version: v}, true
	}
	return spec{name: name, constraint: rest}, true
}

// composerSpec reads vendor/name, and behind a colon, a sign or a blank what it may be.
func composerSpec(word string) (spec, bool) {
	name, rest := word, ""
	if i := strings.IndexAny(word, ":= "); i >= 0 {
		name, rest = word[:i], word[i+1:]
	}
	if !composerName.MatchString(name) {
		return spec{}, false
	}
	s := spec{name: name}
	s.version, s.constraint = exact(rest)
	return s, true
}

// composerConstraint takes a word that is what the package before it may be.
func composerConstraint(s *spec, word string) bool {
	if !composerBehind.MatchString(word) || s.version != "" || s.constraint != "" {
		return false
	}
	s.version, s.constraint = exact(word)
	return true
}

// plainSpec reads a name and, behind a sign, a version.
func plainSpec(sign string) func(string) (spec, bool) {
	return func(word string) (spec, bool) {
		name, rest := word, ""
		if sign != "" {
			name, rest, _ = strings.Cut(word, sign)
		}
		if !simpleName.MatchString(name) || strings.HasSuffix(name, ".gem") || strings.HasSuffix(name, ".crate") || strings.HasSuffix(name, ".config") {
			return spec{}, false
		}
		s := spec{name: name}
		s.version, s.constraint = exact(rest)
		return s, true
	}
}
