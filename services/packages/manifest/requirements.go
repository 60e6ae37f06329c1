package manifest

import (
	"context"
	"strings"
)

// readRequirements reads the requirements that pip would read from the one file: options, included files and constraints are passed over. A requirement
// without an exact version is a package without version.
func readRequirements(ctx context.Context, content []byte) ([]entry, error) {
	var (
		entries []entry
		logical strings.Builder
	)
	for raw, err := range lines(ctx, content) {
		if err != nil {
			return nil, err
		}
		line := strings.TrimRight(string(raw), "\r")
		// A comment ends a line that would continue.
		code, comment := cutComment(line)
		if rest, continued := strings.CutSuffix(code, `\`); continued && !comment {
			logical.WriteString(rest)
			continue
		}
		logical.WriteString(code)
		if e, ok := requirement(strings.TrimSpace(logical.String())); ok {
			entries = append(entries, e)
		}
		logical.Reset()
	}
	if e, ok := requirement(strings.TrimSpace(logical.String())); ok {
		entries = append(entries, e)
	}
	return entries, nil
}

// cutComment drops a comment: a sign at the start of the line or behind a space, so that the fragments of addresses stay.
func cutComment(line string) (code string, found bool) {
	for i := range len(line) {
		if line[i] == '#' && (i == 0 || line[i-1] == ' ' || line[i-1] == '\t') {
			return line[:i], true
		}
	}
	return line, false
}

// requirement reads one line: name[extras] (clauses) ; marker --option. ok is false when it is no requirement.
func requirement(text string) (entry, bool) {
	if text == "" || text[0] == '-' && !strings.HasPrefix(text, "-e") && !strings.HasPrefix(text, "--editable") {
		return entry{}, false
	}
	end := 0
	for end < len(text) && isNameByte(text[end]) {
		end++
	}
	name, rest := text[:end], strings.TrimSpace(text[end:])
	if e, ok := entryOfCommit(text); ok {
		return e, true
	}
	if isFileName(name) {
		return entry{}, true
	}
	if name == "" || strings.HasSuffix(name, "-") || strings.HasSuffix(name, ".") || strings.HasSuffix(name, "_") || !isAlphanumeric(name[0]) {
		// A path, an address, an editable checkout, a variable.
		return entry{}, true
	}
	if inner, ok := strings.CutPrefix(rest, "["); ok {
		_, rest, _ = strings.Cut(inner, "]")
		rest = strings.TrimSpace(rest)
	}
	rest, _, _ = strings.Cut(rest, ";")
	// Options: --hash and the like, and -C.
	rest, _, _ = strings.Cut(" "+rest, " -")
	rest = strings.TrimSpace(rest)
	if lacksVersion(rest) {
		return entry{}, true
	}
	switch {
	case rest == "", rest[0] == '@', strings.ContainsRune("=<>!~(", rune(rest[0])):
		return entry{purlType: "pypi", name: pypiName(name), version: pinned(rest)}, true
	default:
		// name/..., name:... and the like are paths and addresses.
		return entry{}, true
	}
}

// lacksVersion is true for a clause of an operator alone, which pip refuses.
func lacksVersion(clauses string) bool {
	for clause := range strings.SplitSeq(strings.Trim(clauses, "()"), ",") {
		clause = strings.TrimSpace(clause)
		if clause != "" && strings.Trim(clause, "=<>!~ ") == "" {
			return true
		}
	}
	return false
}

// entryOfCommit names what a requirement takes from a repository at a commit, as pip freeze writes it: name @ git+https://host/owner/name@commit, and
// -e git+https://host/owner/name@commit#egg=name. A branch or a tag is not what was installed.
func entryOfCommit(text string) (entry, bool) {
	_, source, found := strings.Cut(text, "git+")
	if !found {
		return entry{}, false
	}
	source, _, _ = strings.Cut(source, " ")
	source, _, _ = strings.Cut(source, "#")
	i := strings.LastIndexByte(source, '@')
	if i < 0 || !isCommit(source[i+1:]) {
		return entry{}, false
	}
	e := entryFromGit(source[:i], source[i+1:])
	return e, e.name != ""
}

// isCommit is true for the whole hash of a commit.
func isCommit(text string) bool {
	const sha1 = 40
	return len(text) == sha1 && strings.Trim(text, "0123456789abcdef") == ""
}

// isFileName is true for the name of an archive, which pip takes from the folder where it stands.
func isFileName(name string) bool {
	for _, suffix := range []string{".whl", ".zip", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz"} {
		if strings.HasSuffix(strings.ToLower(name), suffix) {
			return true
		}
	}
	return false
}

// pinned is the version that the clauses pin: ==1.0 or ===1.0, not ==1.*.
func pinned(clauses string) string {
	clauses = strings.TrimSuffix(strings.TrimPrefix(clauses, "("), ")")
	if strings.HasPrefix(clauses, "@") {
		return ""
	}
	for clause := range strings.SplitSeq(clauses, ",") {
		version, ok := strings.CutPrefix(strings.TrimSpace(clause), "==")
		if !ok {
			continue
		}
		version = strings.TrimSpace(strings.TrimPrefix(version, "="))
		if version != "" && !strings.ContainsAny(version, "* \t${") {
			return version
		}
	}
	return ""
}

// pypiName folds the ways to write one name, as the index does: runs of the signs -, _ and . are one dash.
func pypiName(name string) string {
	parts := strings.FieldsFunc(name, func(r rune) bool { return r == '-' || r == '_' || r == '.' })
	return strings.ToLower(strings.Join(parts, "-"))
}

func isNameByte(c byte) bool { return isAlphanumeric(c) || c == '-' || c == '_' || c == '.' }

func isAlphanumeric(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}
