package dbtest

import (
	"testing"
	"testing/fstest"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/schema"
)

func TestTemplate(t *testing.T) {
	files, err := schema.Files(fstest.MapFS{"0001_init.sql": {Data: []byte("CREATE TABLE " + Name(t) + " (id int)")}})
	require.NoError(t, err)
	server := PostgresServer(t)
	conn, err := pgx.Connect(t.Context(), server)
	require.NoError(t, err)
	defer conn.Close(t.Context())
	// ensure as a process that has asked for no template yet
	ensure := func() (oid uint32) {
		t.Helper()
		var fresh templateTable
		name, err := fresh.ensure(t.Context(), server, files)
		require.NoError(t, err)
		require.NoError(t, conn.QueryRow(t.Context(), "SELECT oid FROM pg_database WHERE datname = $1", name).Scan(&oid))
		return oid
	}

	first := ensure()
	require.Equal(t, first, ensure(), "made once for all processes")

	// As a process leaves it that is killed before the last step.
	_, err = conn.Exec(t.Context(), "ALTER DATABASE "+templateName(files)+" WITH ALLOW_CONNECTIONS true IS_TEMPLATE false")
	require.NoError(t, err)
	require.NotEqual(t, first, ensure(), "half a template is made anew")

	_, err = conn.Exec(t.Context(), "ALTER DATABASE "+templateName(files)+" WITH IS_TEMPLATE false")
	require.NoError(t, err)
	_, err = conn.Exec(t.Context(), "DROP DATABASE "+templateName(files))
	require.NoError(t, err)
}

func TestTemplateNamesContent(t *testing.T) {
	name := func(sql string) string {
		files, err := schema.Files(fstest.MapFS{"0001_init.sql": {Data: []byte(sql)}})
		require.NoError(t, err)
		return templateName(files)
	}
	first := name("SELECT 1")
	require.Equal(t, first, name("SELECT 1"))
	require.NotEqual(t, first, name("SELECT 2"))
}
