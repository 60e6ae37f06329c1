// Package manifests lets an import recognise and read lock files exactly as the packages service does.
// It stands between history, which asks what a file states, and the service's manifest package, which knows.
package manifests

import (
	"context"

	"devtrail.dev/cmd/devtrail/internal/history"
	"devtrail.dev/services/packages/manifest"
)

// Formats are the formats of the packages service.
type Formats struct{}

var _ history.Formats = Formats{}

// Detect says which format a file has by its path.
func (Formats) Detect(path string) (string, bool) {
	format, ok := manifest.Detect(path)
	return string(format), ok
}

// Extract returns the canonical purls of a file.
func (Formats) Extract(ctx context.Context, path string, content []byte) ([]string, error) {
	result, err := manifest.Extract(ctx, path, content)
	return result.Purls, err
}
