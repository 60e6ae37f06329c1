package git

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Plain makes text from outside fit for a name: UTF-8, no control characters, no blanks around, at most limit characters.
func Plain(s string, limit int) string {
	s = strings.ToValidUTF8(s, "\ufffd")
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return -1
		}
		return r
	}, s)
	s = strings.TrimSpace(s)
	if utf8.RuneCountInString(s) <= limit {
		return s
	}
	return strings.TrimSpace(string([]rune(s)[:limit-3])) + "..."
}

// maxSubject is as long as the importer of Git histories lets a subject be.
const maxSubject = 500

// Subject is the first line of a message.
func Subject(message string) string {
	line, _, _ := strings.Cut(strings.TrimLeft(message, "\r\n"), "\n")
	return Plain(line, maxSubject)
}
