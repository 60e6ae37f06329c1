package vers

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/corpus"
)

// specCase is a case of package-url/vers-spec.
type specCase struct {
	Type  string `json:"test_type"`
	Input json.RawMessage
	Want  json.RawMessage `json:"expected_output"`
	Fails bool            `json:"expected_failure"`
}

// TestCorpusOfTheSpecification runs its cases of containment, and reads every range in its cases of validation and parsing.
func TestCorpusOfTheSpecification(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(corpus.Path(t, "vers-spec"), "tests", "*.json"))
	require.NoError(t, err)
	run := 0
	for _, file := range files {
		data, err := os.ReadFile(file)
		require.NoError(t, err)
		var suite struct{ Tests []specCase }
		require.NoError(t, json.Unmarshal(data, &suite))
		for _, c := range suite.Tests {
			if c.check(t, filepath.Base(file)) {
				run++
			}
		}
	}
	require.Greater(t, run, 35)
}

func (c specCase) check(t *testing.T, file string) bool {
	t.Helper()
	switch c.Type {
	case "containment":
		var in struct{ Vers, Version string }
		require.NoError(t, json.Unmarshal(c.Input, &in))
		r, err := ParseRange(schemeOf(in.Vers), in.Vers)
		require.NoError(t, err, "%s: %s", file, in.Vers)
		var want bool
		require.NoError(t, json.Unmarshal(c.Want, &want))
		require.Equal(t, want, r.Holds(in.Version), "%s: %s in %s", file, in.Version, in.Vers)
	case "validate", "parse":
		var in string
		require.NoError(t, json.Unmarshal(c.Input, &in))
		if schemeOf(in) == "datetime" { // no type of packages
			return false
		}
		_, err := ParseRange(schemeOf(in), in)
		require.Equal(t, c.Fails, err != nil, "%s: %s: %v", file, in, err)
	default:
		return false // made of native notation, which is another way round, or an order that is the library's
	}
	return true
}

// schemeOf is the type that a range names.
func schemeOf(text string) string {
	rest := text[len("vers:"):]
	for i := range rest {
		if rest[i] == '/' {
			return rest[:i]
		}
	}
	return rest
}
