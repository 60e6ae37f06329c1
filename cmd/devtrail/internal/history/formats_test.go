package history_test

import (
	"context"
	"errors"
	"path"
	"slices"
	"strings"
)

// lists are two simple formats that read the same bytes differently: *.lock has purls between blanks and semicolons, *.deps as well, but
// names no p4. A file with "<<<" cannot be read.
type lists struct{}

func (lists) Detect(file string) (string, bool) {
	switch ext := path.Ext(file); ext {
	case ".lock", ".deps":
		return ext, true
	}
	return "", false
}

func (lists) Extract(_ context.Context, file string, content []byte) ([]string, error) {
	text := string(content)
	if strings.Contains(text, "<<<") {
		return nil, errors.New("conflict markers")
	}
	purls := strings.FieldsFunc(text, func(r rune) bool { return r == ';' || r == '\n' })
	if path.Ext(file) == ".deps" {
		purls = slices.DeleteFunc(purls, func(purl string) bool { return strings.Contains(purl, "p4@") })
	}
	return purls, nil
}
