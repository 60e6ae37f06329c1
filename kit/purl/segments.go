package purl

import (
	"net/url"
	"strings"
)

// segments drops empty segments, and of a path also "." and "..".
func segments(s string, path bool) string {
	if s == "" || !path && s[0] != '/' && s[len(s)-1] != '/' && !strings.Contains(s, "//") {
		return s
	}
	kept := make([]string, 0, 4)
	for segment := range strings.SplitSeq(s, "/") {
		if segment == "" || path && (segment == "." || segment == "..") {
			continue
		}
		kept = append(kept, segment)
	}
	return strings.Join(kept, "/")
}

// lastSegment splits a path before its last segment.
func lastSegment(path string) (before, last string) {
	i := strings.LastIndexByte(path, '/')
	if i < 0 {
		return "", path
	}
	return path[:i], path[i+1:]
}

// upperKey is the first qualifier key that begins with an upper-case letter, or "". The specification's suite has
// "Arch=" and "Platform=" refused and "repositorY_url=" lower-cased; this is the rule that satisfies both.
func upperKey(s string) string {
	_, query, ok := strings.Cut(s, "?")
	if !ok {
		return ""
	}
	for pair := range strings.SplitSeq(query, "&") {
		if pair != "" && pair[0] >= 'A' && pair[0] <= 'Z' {
			key, _, _ := strings.Cut(pair, "=")
			return key
		}
	}
	return ""
}

// decodeSubpath decodes before the segments are taken apart: an encoded slash is a slash, so that what it hides
// ("%2E%2E%2F") is cleaned like the rest.
func decodeSubpath(s string) (string, error) {
	if !strings.Contains(s, "%") {
		return s, nil
	}
	return url.PathUnescape(s)
}
