package purl

import (
	"net/url"
	"strings"
)

// decodeSubpath decodes before the segments are taken apart: an encoded slash is a slash, so that what it hides
// ("%2E%2E%2F") is cleaned like the rest.
func decodeSubpath(s string) (string, error) {
	if !strings.Contains(s, "%") {
		return s, nil
	}
	return url.PathUnescape(s)
}
