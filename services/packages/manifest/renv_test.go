package manifest

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// Posit's package manager serves CRAN under its own name, and that is what renv writes where it is used.
func TestRenvSources(t *testing.T) {
	t.Parallel()
	result, err := Extract(t.Context(), "renv.lock", []byte(`{"Packages": {
		"R6": {"Package": "R6", "Version": "2.5.1", "Source": "Repository", "Repository": "RSPM"},
		"cli": {"Package": "cli", "Version": "3.6.1", "Source": "Repository", "Repository": "CRAN"},
		"forked": {"Package": "forked", "Version": "1.0", "Source": "GitHub", "RemoteHost": "api.github.com", "RemoteUsername": "acme", "RemoteRepo": "forked", "RemoteSha": "`+sha+`"},
		"inner": {"Package": "inner", "Version": "1.0", "Source": "GitHub", "RemoteHost": "git.example/api/v3", "RemoteUsername": "acme", "RemoteRepo": "inner", "RemoteSha": "`+sha+`"},
		"Biobase": {"Package": "Biobase", "Version": "2.60.0", "Source": "Bioconductor"}
	}}`))
	require.NoError(t, err)
	require.Equal(t, []string{"pkg:cran/R6@2.5.1", "pkg:cran/cli@3.6.1", forked}, result.Purls)
	require.Equal(t, 2, result.Skipped)
}

// Of a repository that the project has no name for renv writes the address; of old it wrote CRAN as the source.
func TestRenvNamesCRANInOtherWays(t *testing.T) {
	t.Parallel()
	result, err := Extract(t.Context(), "renv.lock", []byte(`{"Packages": {
		"digest": {"Package": "digest", "Version": "0.6.20", "Source": "CRAN"},
		"glue": {"Package": "glue", "Version": "1.8.0", "Source": "Repository", "Repository": "https://cran.rstudio.com"},
		"inner": {"Package": "inner", "Version": "1.0", "Source": "Repository", "Repository": "https://packagemanager.posit.co/internal/latest"},
		"other": {"Package": "other", "Version": "1.0", "Source": "Repository", "Repository": "https://acme.r-universe.dev"},
		"rlang": {"Package": "rlang", "Version": "1.1.4", "Source": "Repository", "Repository": "https://packagemanager.posit.co/cran/2024-10-06"}
	}}`))
	require.NoError(t, err)
	require.Equal(t, []string{"pkg:cran/digest@0.6.20", "pkg:cran/glue@1.8.0", "pkg:cran/rlang@1.1.4"}, result.Purls)
	require.Equal(t, 2, result.Skipped)
}
