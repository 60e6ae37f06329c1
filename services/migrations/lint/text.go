package lint

import (
	"fmt"
	"io"
	"strings"
)

// WriteText writes the findings for people, one paragraph each: place, severity, rule and lock, the reason, the safe way. Suppressed ones are
// left out. The error is the writer's.
func WriteText(w io.Writer, found []Finding) error {
	var b strings.Builder
	for _, f := range found {
		if f.Suppressed {
			continue
		}
		fmt.Fprintf(&b, "%s:%d:%d: %s: %s", f.File, f.Line, f.Column, f.Severity, f.Rule)
		if f.Lock != "" {
			fmt.Fprintf(&b, " (%s)", f.Lock)
		}
		fmt.Fprintf(&b, "\n  %s\n", f.Message)
		for line := range strings.Lines(f.Alternative) {
			fmt.Fprintf(&b, "  > %s\n", strings.TrimRight(line, "\n"))
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// Failing reports whether a finding that nothing suppresses stops an apply or a build: an error, or a warning that the file does not acknowledge.
// Gates wait by themselves, and infos and policies tell.
func Failing(found []Finding) bool {
	for _, f := range found {
		if !f.Suppressed && (f.Severity == Error || f.Severity == Warning) {
			return true
		}
	}
	return false
}
