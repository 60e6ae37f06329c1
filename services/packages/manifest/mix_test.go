package manifest

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// A package of an organization is not the public one of its name.
func TestMixOrganizations(t *testing.T) {
	t.Parallel()
	result, err := Extract(t.Context(), "mix.lock", []byte("%{\n"+
		"  \"forked\": {:hex, :forked, \"1.0.0\", \"00\", [:mix], [{:jason, \"~> 1.0\", [hex: :jason, repo: \"hexpm\", optional: false]}], \"hexpm:acme\", \"00\"},\n"+
		"  \"jason\": {:hex, :jason, \"1.4.4\", \"00\", [:mix], [{:x, \"~> 1.0\", [hex: :x, repo: \"hexpm:acme\", optional: true]}], \"hexpm\", \"00\"},\n"+
		"  \"old\": {:hex, :old, \"1.0.0\"},\n}\n"))
	require.NoError(t, err)
	require.Equal(t, []string{"pkg:hex/acme/forked@1.0.0", "pkg:hex/jason@1.4.4", "pkg:hex/old@1.0.0"}, result.Purls)
	require.Zero(t, result.Skipped)
}
