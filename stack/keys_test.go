package stack

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/auth"
)

func TestKeysAreMadeOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), keysFile)
	first, err := loadKeys(path)
	require.NoError(t, err)
	for token, want := range map[string]string{
		first.Admin: auth.PrefixKey, first.Ingest: auth.PrefixIngest, first.Operator: auth.PrefixOperator, first.Service: auth.PrefixService,
	} {
		prefix, ok := auth.CheckToken(token)
		require.True(t, ok, token)
		require.Equal(t, want, prefix)
	}
	require.NotContains(t, first.public(), "service", "the services' own key is nobody's business")
	again, err := loadKeys(path)
	require.NoError(t, err)
	require.Equal(t, first, again)
}

func TestAMissingKeyIsAdded(t *testing.T) {
	path := filepath.Join(t.TempDir(), keysFile)
	require.NoError(t, os.WriteFile(path, []byte(`{"admin": "dvk_kept"}`), 0o600))
	k, err := loadKeys(path)
	require.NoError(t, err)
	require.Equal(t, "dvk_kept", k.Admin)
	require.NotEmpty(t, k.Ingest)
}

func TestABrokenKeyFileIsNotOverwritten(t *testing.T) {
	path := filepath.Join(t.TempDir(), keysFile)
	require.NoError(t, os.WriteFile(path, []byte(`{"admin": `), 0o600))
	_, err := loadKeys(path)
	require.ErrorContains(t, err, "repair it, or remove it for new keys")
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, `{"admin": `, string(data))
}
