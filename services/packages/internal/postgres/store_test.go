package postgres_test

import (
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/dbtest"
	"devtrail.dev/kit/fault"
	"devtrail.dev/kit/pg"
	"devtrail.dev/services/packages"
	"devtrail.dev/services/packages/internal/postgres"
	packagesmigrations "devtrail.dev/services/packages/migrations"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

func open(t *testing.T, url string) *postgres.Store {
	t.Helper()
	pool, err := pg.Open(t.Context(), url, pg.Options{ApplicationName: "packages-test"})
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	return postgres.New(pool, time.Now)
}

// A database whose schema is on its way, or that only reads for now, is not our mistake: callers may call again.
func TestADatabaseThatIsNotThereYetIsAway(t *testing.T) {
	t.Parallel()
	organization := uuid.New()
	without := open(t, dbtest.Postgres(t, fstest.MapFS{}))
	_, err := without.GetPackage(t.Context(), organization, "pkg:npm/lodash")
	require.ErrorIs(t, err, fault.Unavailable)
	require.ErrorIs(t, without.LookupPurls(t.Context(), organization, []packages.Match{{PackagePurl: "pkg:npm/lodash"}}), fault.Unavailable)
	_, err = without.ListVersions(t.Context(), organization, "pkg:npm/lodash")
	require.ErrorIs(t, err, fault.Unavailable)

	reading := open(t, dbtest.Postgres(t, packagesmigrations.FS)+"&default_transaction_read_only=on")
	_, err = reading.ImportInventory(t.Context(), organization, packages.Inventory{Project: "github.com/acme/app", Revision: "a", Path: "go.mod"})
	require.ErrorIs(t, err, fault.Unavailable)
	_, err = reading.EndManifests(t.Context(), organization, "github.com/acme/app", "a", nil)
	require.ErrorIs(t, err, fault.Unavailable)
}
