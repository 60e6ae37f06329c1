package manifest

import (
	"context"
	"strings"
)

// readMixLock reads the map that Mix writes, one package a line: "name": {:hex, :name, "1.0.0", "hash", ...} or {:git, "address", "commit", ...}. Old
// versions write the first behind the map's opening bracket. The key is the OTP application, whose package on hex.pm may have another name: the atom.
func readMixLock(ctx context.Context, content []byte) ([]entry, error) {
	var entries []entry
	for raw, err := range lines(ctx, content) {
		if err != nil {
			return nil, err
		}
		text := strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(string(raw)), "%{"))
		key, tuple, ok := strings.Cut(text, `": {:`)
		if !ok || !strings.HasPrefix(key, `"`) {
			continue
		}
		kind, rest, _ := strings.Cut(tuple, ",")
		switch kind {
		case "hex":
			name, rest := atom(rest)
			version, _ := quotedText(rest)
			entries = append(entries, entry{purlType: "hex", namespace: hexOrganization(rest), name: name, version: version})
		case "git":
			address, rest := quotedText(rest)
			commit, _ := quotedText(rest)
			entries = append(entries, entryFromGit(address, commit))
		default:
			entries = append(entries, entry{})
		}
	}
	return entries, nil
}

// hexOrganization is the organization whose private repository a package is from, "hexpm:acme" behind the list of what it depends on. Its packages may have
// the names of public ones.
func hexOrganization(tuple string) string {
	repository, _ := quotedText(tuple[strings.LastIndexByte(tuple, ']')+1:])
	organization, private := strings.CutPrefix(repository, "hexpm:")
	if !private {
		return ""
	}
	return organization
}

// atom is the name of the atom that a text begins with, :name or :"name", and what is behind it. It is empty where there is none.
func atom(text string) (name, rest string) {
	inner, ok := strings.CutPrefix(strings.TrimSpace(text), ":")
	if !ok {
		return "", text
	}
	if strings.HasPrefix(inner, `"`) {
		return quotedText(inner)
	}
	name, rest, _ = strings.Cut(inner, ",")
	return strings.TrimRight(name, " }"), rest
}

// quotedText is the next text in quotes, and what is behind it.
func quotedText(text string) (quoted, rest string) {
	_, text, _ = strings.Cut(text, `"`)
	quoted, rest, _ = strings.Cut(text, `"`)
	return quoted, rest
}
