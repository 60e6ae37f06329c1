package manifest

import (
	"bytes"
	"context"
	"strings"
)

// readGemfileLock reads the sections that Bundler writes for each source: a line without indent, properties of the source below it, and the gems four
// spaces deep.
func readGemfileLock(ctx context.Context, content []byte) ([]entry, error) {
	var (
		entries          []entry
		section          string
		remote, revision string
	)
	for raw, err := range lines(ctx, content) {
		if err != nil {
			return nil, err
		}
		line := string(bytes.TrimRight(raw, " "))
		text := strings.TrimLeft(line, " ")
		switch indent := len(line) - len(text); {
		case text == "":
		case indent == 0:
			section, remote, revision = text, "", ""
		case indent == 2:
			if value, ok := strings.CutPrefix(text, "remote: "); ok {
				remote = value
			}
			if value, ok := strings.CutPrefix(text, "revision: "); ok {
				revision = value
			}
		case indent == 4:
			switch section {
			case "GEM", "PLUGIN SOURCE":
				entries = append(entries, gemEntry(text))
			case "GIT":
				entries = append(entries, entryFromGit(remote, revision))
			case "PATH":
				entries = append(entries, entry{})
			}
		}
	}
	return entries, nil
}

// gemEntry reads name (version) and name (version-platform). What has no version is no gem that Bundler has found.
func gemEntry(text string) entry {
	name, version, ok := strings.Cut(strings.TrimSuffix(text, "!"), " (")
	version, closed := strings.CutSuffix(version, ")")
	version, _, _ = strings.Cut(version, "-")
	if !ok || !closed || name == "" || version == "" {
		return entry{}
	}
	return entry{purlType: "gem", name: name, version: version}
}
