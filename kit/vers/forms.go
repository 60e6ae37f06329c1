package vers

import "strings"

// forms has, by purl type, how a version is spelled before the library reads it, where its ecosystem's tool spells it anew and the library does not.
var forms = map[string]func(string) string{
	"composer": composerForm,
	"gem":      gemForm,
}

// composerForm is a version as Composer normalizes it: four numbers, no "v", no build metadata, stabilities in lower case. The branch 1.x is above all of 1.
func composerForm(version string) string {
	version, _, _ = strings.Cut(strings.ToLower(version), "+")
	numbers := strings.TrimPrefix(version, "v")
	end := len(numbers) - len(strings.TrimLeft(numbers, "0123456789."))
	release, stability := strings.TrimRight(numbers[:end], "."), strings.TrimLeft(numbers[end:], "-_")
	if release == "" {
		return version
	}
	pad := ".0"
	switch stability {
	case "stable":
		stability = ""
	case "x-dev":
		pad, stability = ".9999999", "dev"
	}
	if missing := 3 - strings.Count(release, "."); missing > 0 {
		release += strings.Repeat(pad, missing)
	}
	if stability == "" {
		return release
	}
	return release + "-" + stability
}

// gemForm is a version as RubyGems reads it: what is behind a dash is a pre-release.
func gemForm(version string) string { return strings.ReplaceAll(version, "-", ".pre.") }
