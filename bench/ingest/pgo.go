package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"

	"github.com/google/pprof/profile"
)

// writePGO makes one profile of those in a folder. It keeps what the compiler reads, which is functions and lines, and drops what tells of this machine: paths, addresses and
// times.
func writePGO(file, folder string) error {
	names, err := filepath.Glob(filepath.Join(folder, "*.pprof"))
	if err != nil {
		return err
	}
	var parts []*profile.Profile
	for _, name := range names {
		raw, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		p, err := profile.ParseData(raw)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		parts = append(parts, p)
	}
	all, err := profile.Merge(parts)
	if err != nil {
		return fmt.Errorf("merge the profiles of %s: %w", folder, err)
	}
	if err := all.Aggregate(true, true, false, true, false, false); err != nil {
		return err
	}
	all = all.Compact()
	all.TimeNanos, all.DurationNanos, all.Comments = 0, 0, nil
	for _, m := range all.Mapping {
		*m = profile.Mapping{ID: m.ID, HasFunctions: true, HasInlineFrames: true, HasLineNumbers: true}
	}
	for _, s := range all.Sample {
		s.Label, s.NumLabel, s.NumUnit = nil, nil, nil
	}
	var encoded bytes.Buffer
	if err := all.Write(&encoded); err != nil {
		return err
	}
	return os.WriteFile(file, encoded.Bytes(), 0o644) //nolint:gosec // it is part of the sources
}
