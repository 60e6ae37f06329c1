package postgres

import (
	"regexp"
	"strings"

	kitschema "devtrail.dev/kit/schema"
)

// Headers by which a file says that it runs without a transaction, besides our own: the one that our runner knows too, and those of tools
// whose files are judged and not applied.
var (
	gooseHeader   = regexp.MustCompile(`(?i)^--\s*\+goose\s+no\s+transaction\b`)
	foreignHeader = regexp.MustCompile(`(?i)^--\s*(atlas:txmode\s+none|squawk-disable-assume-in-transaction|migrate:up\s+transaction:false)\b`)
)

// outside reports whether the comments before the first statement hold a header that asks for no transaction. With own it must be one that our
// runner knows. Our own header is read as the runner reads it.
func outside(sql string, own bool) bool {
	if h, _ := kitschema.ParseHeader(sql); h.NoTransaction {
		return true
	}
	for line := range strings.Lines(sql) {
		line = strings.TrimSpace(line)
		if line != "" && !strings.HasPrefix(line, "--") {
			return false
		}
		if gooseHeader.MatchString(line) || !own && foreignHeader.MatchString(line) {
			return true
		}
	}
	return false
}
