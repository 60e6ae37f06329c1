package postgres_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/dbtest"
	"devtrail.dev/kit/fault"
	"devtrail.dev/kit/pg"
	"devtrail.dev/services/identity"
	"devtrail.dev/services/identity/internal/postgres"
	identitymigrations "devtrail.dev/services/identity/migrations"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

var noon = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

// bundle is what a test of the stores works with: a database of its own with one organization.
type bundle struct {
	*postgres.Store
	organization uuid.UUID
	pool         *pgxpool.Pool // of the administrator
}

// setup opens the stores, with settings in their URL.
func setup(tb testing.TB, settings ...string) bundle {
	tb.Helper()
	url := dbtest.Postgres(tb, identitymigrations.FS)
	open := func(url string) *pgxpool.Pool {
		pool, err := pg.Open(tb.Context(), url, pg.Options{ApplicationName: "identity-test", MaxConns: 12})
		require.NoError(tb, err)
		tb.Cleanup(pool.Close)
		return pool
	}
	pool := open(url)
	// The stores may use the listed columns alone, so that a use that the list lacks fails the test that makes it.
	b := bundle{Store: postgres.New(open(strings.Join(append([]string{dbtest.Limited(tb, url, postgres.Reads())}, settings...), "&"))), pool: pool}
	b.organization = b.createOrganization(tb, "acme")
	return b
}

// A server that became a standby, or whose disk is full, is not our mistake: callers may call again.
func TestADatabaseThatCannotWriteIsAway(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, code := range []string{"25006", "53100"} {
		_, err := b.pool.Exec(t.Context(), fmt.Sprintf(`
			CREATE OR REPLACE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '%s'; END $$;
			CREATE OR REPLACE TRIGGER refuse BEFORE INSERT ON developers FOR EACH ROW EXECUTE FUNCTION refuse()`, code))
		require.NoError(t, err)
		_, err = b.Identities.Resolve(t.Context(), b.organization, []identity.Mention{address("ada@example.com")}, true, noon)
		require.ErrorIs(t, err, fault.Unavailable, code)
	}
}

// createOrganization makes a tenant and returns its id.
func (b bundle) createOrganization(tb testing.TB, slug string) uuid.UUID {
	tb.Helper()
	organization, err := identity.NewOrganization(slug, "", noon)
	require.NoError(tb, err)
	stored, created, err := b.Organizations.Create(tb.Context(), organization, uuid.Nil)
	require.NoError(tb, err)
	require.True(tb, created)
	return stored.ID
}

// createDeveloper makes a developer, known since the given time, and returns its id.
func (b bundle) createDeveloper(tb testing.TB, name string, at time.Time) uuid.UUID {
	tb.Helper()
	developer, err := identity.NewDeveloper(name, at)
	require.NoError(tb, err)
	_, err = b.Developers.Create(tb.Context(), b.organization, developer, uuid.Nil)
	require.NoError(tb, err)
	return developer.ID
}

// link gives an address to a developer.
func (b bundle) link(tb testing.TB, developer uuid.UUID, value string) {
	tb.Helper()
	_, err := b.Identities.Link(tb.Context(), b.organization, linkOf(developer, value, false), noon)
	require.NoError(tb, err)
}

// merge merges source into target.
func (b bundle) merge(tb testing.TB, target, source uuid.UUID) identity.Developer {
	tb.Helper()
	merge, err := identity.NewMerge(target, source, "the same person", "credential:test")
	require.NoError(tb, err)
	survivor, err := b.Developers.Merge(tb.Context(), b.organization, merge, noon.Add(time.Hour))
	require.NoError(tb, err)
	return survivor
}

// count runs a query that returns one number.
func (b bundle) count(tb testing.TB, query string, args ...any) int {
	tb.Helper()
	var n int
	require.NoError(tb, b.pool.QueryRow(tb.Context(), query, args...).Scan(&n))
	return n
}

// requireWaiting waits until so many sessions wait for locks.
func (b bundle) requireWaiting(tb testing.TB, sessions int) {
	tb.Helper()
	require.EventuallyWithT(tb, func(c *assert.CollectT) {
		var waiting int
		err := b.pool.QueryRow(tb.Context(), `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`).Scan(&waiting)
		require.NoError(c, err)
		require.Equal(c, sessions, waiting)
	}, 30*time.Second, 10*time.Millisecond)
}

func linkOf(developer uuid.UUID, value string, replace bool) identity.Link {
	return identity.Link{
		DeveloperID: developer,
		Mention:     address(value),
		Evidence:    identity.EvidenceAdministrator,
		Actor:       "credential:test",
		Replace:     replace,
	}
}

func address(value string) identity.Mention {
	return identity.NewMention(identity.KindGitEmail, value, "")
}

// addresses returns count different addresses.
func addresses(prefix string, count int) []identity.Mention {
	mentions := make([]identity.Mention, count)
	for i := range mentions {
		mentions[i] = address(fmt.Sprintf("%s-%05d@example.com", prefix, i))
	}
	return mentions
}

func values(developer identity.Developer) []string {
	var out []string
	for _, linked := range developer.Identities {
		out = append(out, linked.Identity.Value)
	}
	return out
}
