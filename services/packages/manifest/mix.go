package manifest

import (
	"context"
	"strings"
)

// readMixLock reads the map that Mix writes, one package a line: "name": {:hex, :name, "1.0.0", "hash", ...} or {:git, "address", "commit", ...}. Old
// versions write the first behind the map's opening bracket.
func readMixLock(ctx context.Context, content []byte) ([]entry, error) {
	var entries []entry
	for raw, err := range lines(ctx, content) {
		if err != nil {
			return nil, err
		}
		text := strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(string(raw)), "%{"))
		name, tuple, ok := strings.Cut(text, `": {:`)
		name, quoted := strings.CutPrefix(name, `"`)
		if !ok || !quoted {
			continue
		}
		kind, rest, _ := strings.Cut(tuple, ",")
		first, rest := quotedText(rest)
		second, _ := quotedText(rest)
		switch kind {
		case "hex":
			entries = append(entries, entry{purlType: "hex", name: name, version: first})
		case "git":
			entries = append(entries, entryFromGit(first, second))
		default:
			entries = append(entries, entry{})
		}
	}
	return entries, nil
}

// quotedText is the next text in quotes, and what is behind it.
func quotedText(text string) (quoted, rest string) {
	_, text, _ = strings.Cut(text, `"`)
	quoted, rest, _ = strings.Cut(text, `"`)
	return quoted, rest
}
