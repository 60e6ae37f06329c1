package purl_test

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/corpus"
	"devtrail.dev/kit/fault"
	"devtrail.dev/kit/purl"
)

// corpusCase is a case of the purl specification's test suite.
type corpusCase struct {
	Description     string          `json:"description"`
	Group           string          `json:"test_group"`
	Type            string          `json:"test_type"`
	Input           json.RawMessage `json:"input"`
	ExpectedOutput  json.RawMessage `json:"expected_output"`
	ExpectedFailure bool            `json:"expected_failure"`
}

// parts is a purl as the suite writes it.
type parts struct {
	Type       string            `json:"type"`
	Namespace  string            `json:"namespace"`
	Name       string            `json:"name"`
	Version    string            `json:"version"`
	Qualifiers map[string]string `json:"qualifiers"`
	Subpath    string            `json:"subpath"`
}

// requiredCases is how many cases of the suite an implementation must pass.
const requiredCases = 521

// deviations are recommended cases that we do not follow, by input, with the reason.
var deviations = map[string]string{
	`"pkg:gem/jruby-launcher@1.1.2?Platform=java"`:                   "a required case has the same text refused",
	`"pkg:Rpm/fedora/curl@7.50.3-1.fc25?Arch=i386&Distro=fedora-25"`: "a required case has the same text refused",
	`"pkg:git/github/Package-url/purl-Spec@244fd47e07d1004f0aed9c"`:  "the type definition keeps the case of namespace and name",
}

func TestCorpusPurlSpec(t *testing.T) {
	required := 0
	for _, file := range corpusFiles(t) {
		var suite struct {
			Tests []corpusCase `json:"tests"`
		}
		raw, err := os.ReadFile(file)
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(raw, &suite))
		for _, c := range suite.Tests {
			if c.Group == "required" {
				required++
			}
			got, err := run(c)
			name := filepath.Base(file) + ": " + c.Type + " " + string(c.Input)
			if why := deviations[string(c.Input)]; why != "" && c.Group != "required" {
				continue
			}
			if c.ExpectedFailure {
				require.ErrorIs(t, err, fault.Invalid, "%s", name)
				continue
			}
			if assert.NoError(t, err, "%s", name) {
				assert.JSONEq(t, normal(t, c.ExpectedOutput), got, "%s: %s", name, c.Description)
			}
		}
	}
	assert.GreaterOrEqual(t, required, requiredCases)
}

// run does what the case asks and returns the result as JSON.
func run(c corpusCase) (string, error) {
	var p purl.Purl
	var err error
	if c.Type == "build" {
		var in parts
		if err = json.Unmarshal(c.Input, &in); err != nil {
			return "", err
		}
		p, err = purl.New(in.Type, in.Namespace, in.Name, in.Version, in.Qualifiers, in.Subpath)
	} else {
		var in string
		if err = json.Unmarshal(c.Input, &in); err != nil {
			return "", err
		}
		p, err = purl.Parse(in)
	}
	if err != nil {
		return "", err
	}
	var out any = p.String()
	if c.Type == "parse" {
		var qs map[string]string
		if len(p.Qualifiers) > 0 {
			qs = p.Qualifiers.Map()
		}
		out = parts{p.Type, p.Namespace, p.Name, p.Version, qs, p.Subpath}
	}
	raw, err := json.Marshal(out)
	return string(raw), err
}

// normal writes null and absent parts as empty ones.
func normal(t *testing.T, raw json.RawMessage) string {
	if !strings.HasPrefix(strings.TrimSpace(string(raw)), "{") {
		return string(raw)
	}
	var p parts
	require.NoError(t, json.Unmarshal(raw, &p))
	out, err := json.Marshal(p)
	require.NoError(t, err)
	return string(out)
}

// corpusFiles finds the suite beside the repository. It is optional: table_test.go holds our own cases.
func corpusFiles(t *testing.T) (files []string) {
	err := filepath.WalkDir(corpus.Path(t, "purl-spec", "tests"), func(path string, _ fs.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(path, ".json") {
			files = append(files, path)
		}
		return err
	})
	require.NoError(t, err)
	return files
}
