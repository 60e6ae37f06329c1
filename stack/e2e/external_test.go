package e2e

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"devtrail.dev/stack"
	"devtrail.dev/stack/engines"
)

// Servers that the user names outlive data folders: another folder finds the
// databases of the first one, whose keys it does not have.
func TestServersOfTheUser(t *testing.T) {
	postgres, err := engines.StartPostgres(t.Context(), engines.PostgresConfig{DataDir: filepath.Join(scratch, "servers", "postgres")})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, postgres.Stop(context.Background())) })
	clickhouse, err := engines.StartClickHouse(t.Context(), engines.ClickHouseConfig{DataDir: filepath.Join(scratch, "servers", "clickhouse")})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, clickhouse.Stop(context.Background())) })

	var notes []string
	config := func(name string) stack.Config {
		return stack.Config{
			DataDir:   filepath.Join(scratch, name),
			Environ:   append(environ(), "DEVTRAIL_POSTGRES_URL="+postgres.URL(), "DEVTRAIL_CLICKHOUSE_URL="+clickhouse.URL()),
			FreePorts: true,
			Note:      func(note string) { notes = append(notes, note) },
		}
	}
	var keys []string
	for _, name := range []string{"first", "second", "second"} {
		suite, err := stack.Up(t.Context(), config(name))
		require.NoError(t, err)
		require.Equal(t, []string{"migrations", "identity", "packages", "events"}, suite.Processes())
		keys = append(keys, suite.State.Keys["admin"])
		_, err = dial(t, suite.State.Endpoints["identity"]).call(as(t.Context(), suite.State.Keys["admin"], ""), t,
			"devtrail.identity.v1.OrganizationService/GetOrganization", "")
		require.NoError(t, err)
		require.NoError(t, suite.Stop())
	}
	require.NotEqual(t, keys[0], keys[1])
	require.Equal(t, keys[1], keys[2], "a key that was made is kept")
	require.Equal(t, []string{"the databases did not know the keys of this data folder: new ones were made"}, notes)

	removed, err := stack.Reset(t.Context(), config("first"))
	require.NoError(t, err)
	require.Equal(t, []string{
		"Postgres database analytics", "Postgres database identity", "Postgres database migrations", "Postgres database packages",
		"ClickHouse database analytics", "folder " + filepath.Join(config("first").DataDir, "events-queue"),
	}, removed)
}
