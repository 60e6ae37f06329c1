package lease_test

import (
	"context"
	"log/slog"
	"strconv"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/dbtest"
	"devtrail.dev/kit/fault"
	"devtrail.dev/kit/pg"
	"devtrail.dev/services/migrations"
	"devtrail.dev/services/migrations/internal/lease"
	ledgermigrations "devtrail.dev/services/migrations/migrations"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

func setup(t *testing.T) (*lease.Store, *pgxpool.Pool) {
	t.Helper()
	pool, err := pg.Open(t.Context(), dbtest.Postgres(t, ledgermigrations.FS), pg.Options{ApplicationName: "devtrail-migrations test", MaxConns: 4})
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	return lease.New(pool), pool
}

func instance(id, build string, uses ...string) migrations.Instance {
	return migrations.Instance{
		Service: "identity", ID: "instance-" + id, Build: build, ApplicationName: "devtrail-identity " + id,
		Needs: []migrations.SchemaNeed{{Database: "identity", MinVersion: 1, Uses: uses}},
	}
}

// age moves all times of the instances and usages back, as if they had happened earlier.
func age(t *testing.T, pool *pgxpool.Pool, by time.Duration) {
	t.Helper()
	for _, sql := range []string{
		"UPDATE instances SET registered_at = registered_at - $1::interval, seen_at = seen_at - $1::interval, released_at = released_at - $1::interval",
		"UPDATE usages SET last_used_at = last_used_at - $1::interval",
		"UPDATE watches SET since = since - $1::interval, seen_at = seen_at - $1::interval",
	} {
		_, err := pool.Exec(t.Context(), sql, by)
		require.NoError(t, err)
	}
}

func list(t *testing.T, s *lease.Store) map[string]migrations.Lease {
	t.Helper()
	all, err := s.List(t.Context(), lease.Place{}, 100)
	require.NoError(t, err)
	byID := map[string]migrations.Lease{}
	for _, l := range all {
		byID[l.ID] = l
	}
	return byID
}

func TestALeaseIsRenewedLapsesAndIsGivenBack(t *testing.T) {
	t.Parallel()
	s, pool := setup(t)
	mine := instance("a", "1", "developers.id", "developers.id", "api_keys.id")
	expires, err := s.Register(t.Context(), mine)
	require.NoError(t, err)
	l := list(t, s)[mine.ID]
	assert.Equal(t, migrations.Live, l.State)
	assert.Equal(t, expires, l.ExpiresAt)
	assert.Equal(t, migrations.LeaseTime, l.ExpiresAt.Sub(l.SeenAt))
	assert.Equal(t, []string{"api_keys.id", "developers.id"}, l.Needs[0].Uses)
	registered := l.RegisteredAt

	age(t, pool, migrations.LeaseTime-20*time.Second)
	assert.Equal(t, migrations.Live, list(t, s)[mine.ID].State)
	age(t, pool, 20*time.Second)
	assert.Equal(t, migrations.Lapsed, list(t, s)[mine.ID].State)

	mine.Build = "2"
	_, err = s.Register(t.Context(), mine)
	require.NoError(t, err)
	l = list(t, s)[mine.ID]
	assert.Equal(t, migrations.Live, l.State)
	assert.Equal(t, "2", l.Build)
	assert.WithinDuration(t, registered.Add(-migrations.LeaseTime), l.RegisteredAt, 0, "the first time stays")

	require.NoError(t, s.Release(t.Context(), mine.ID))
	require.NoError(t, s.Release(t.Context(), mine.ID), "twice is fine")
	assert.Equal(t, migrations.Released, list(t, s)[mine.ID].State)
	require.ErrorIs(t, s.Release(t.Context(), "instance-z"), fault.NotFound)
}

func TestParkedLeasesDoNotLapse(t *testing.T) {
	t.Parallel()
	s, pool := setup(t)
	parked := instance("a", "1")
	parked.Parked = true
	_, err := s.Register(t.Context(), parked)
	require.NoError(t, err)
	age(t, pool, 1000*time.Hour)
	require.NoError(t, s.Watch(t.Context()))
	assert.Equal(t, migrations.Live, list(t, s)[parked.ID].State)
	require.NoError(t, s.Release(t.Context(), parked.ID))
	assert.Equal(t, migrations.Released, list(t, s)[parked.ID].State)
}

func TestPagesGoFromLiveToReleased(t *testing.T) {
	t.Parallel()
	s, pool := setup(t)
	for _, id := range []string{"d", "c"} {
		_, err := s.Register(t.Context(), instance(id, "1"))
		require.NoError(t, err)
	}
	require.NoError(t, s.Release(t.Context(), "instance-c"))
	age(t, pool, time.Hour)
	for _, id := range []string{"b", "a"} {
		_, err := s.Register(t.Context(), instance(id, "1"))
		require.NoError(t, err)
	}
	var ids []string
	var after lease.Place
	for {
		page, err := s.List(t.Context(), after, 1)
		require.NoError(t, err)
		if len(page) == 0 {
			break
		}
		ids = append(ids, page[0].ID)
		after = lease.Place{State: page[0].State, ID: page[0].ID}
	}
	assert.Equal(t, []string{"instance-a", "instance-b", "instance-d", "instance-c"}, ids)
}

func TestLastUse(t *testing.T) {
	t.Parallel()
	s, pool := setup(t)
	used := func(objects ...string) lease.Use {
		use, err := s.LastUsed(t.Context(), "identity", objects)
		require.NoError(t, err)
		return use
	}
	assert.Zero(t, used("developers.nickname"))
	old := instance("old", "1", "developers.id", "developers.nickname")
	_, err := s.Register(t.Context(), old)
	require.NoError(t, err)
	_, err = s.Register(t.Context(), instance("new", "2", "developers.id"))
	require.NoError(t, err)
	age(t, pool, time.Hour)
	_, err = s.Register(t.Context(), instance("new", "2", "developers.id"))
	require.NoError(t, err)

	hour := list(t, s)[old.ID].SeenAt
	assert.WithinDuration(t, hour, used("developers.nickname").At, time.Second)
	assert.Contains(t, used("developers.nickname").By, "identity instance-old of build 1")
	assert.Greater(t, used("developers.id").At.Sub(hour), 59*time.Minute)
	assert.Greater(t, used("developers.*").At.Sub(hour), 59*time.Minute, "a table is used by each of its columns")
	assert.Zero(t, used("identities.*"))

	// What an instance stops to list it used until then; what it gave back it used until then, too.
	old.Needs[0].Uses = []string{"developers.id"}
	_, err = s.Register(t.Context(), old)
	require.NoError(t, err)
	assert.Greater(t, used("developers.nickname").At.Sub(hour), 59*time.Minute)

	// An instance that does not say what it uses counts as using all.
	_, err = s.Register(t.Context(), instance("mute", "1"))
	require.NoError(t, err)
	assert.NotZero(t, used("identities.*"))
	assert.Contains(t, used("identities.*").By, "instance-mute")
}

func TestALapsedInstanceWithAConnectionStillUses(t *testing.T) {
	t.Parallel()
	s, pool := setup(t)
	partitioned := instance("p", "1", "developers.nickname")
	partitioned.ApplicationName = dbtest.Name(t)
	_, err := s.Register(t.Context(), partitioned)
	require.NoError(t, err)
	age(t, pool, time.Hour)
	before, err := s.LastUsed(t.Context(), "identity", []string{"developers.nickname"})
	require.NoError(t, err)

	require.NoError(t, s.Watch(t.Context()))
	same, err := s.LastUsed(t.Context(), "identity", []string{"developers.nickname"})
	require.NoError(t, err)
	assert.Equal(t, before, same, "the negative control: nobody is connected")

	connection, err := pg.Open(t.Context(), pool.Config().ConnString(), pg.Options{ApplicationName: partitioned.ApplicationName, MaxConns: 1})
	require.NoError(t, err)
	defer connection.Close()
	require.NoError(t, connection.Ping(t.Context()))
	require.NoError(t, s.Watch(t.Context()))
	after, err := s.LastUsed(t.Context(), "identity", []string{"developers.nickname"})
	require.NoError(t, err)
	assert.Greater(t, after.At.Sub(before.At), 59*time.Minute)
}

func TestOldRowsAreRemoved(t *testing.T) {
	t.Parallel()
	s, pool := setup(t)
	for i := range 3 {
		_, err := s.Register(t.Context(), instance(strconv.Itoa(i), "1", "a.b"))
		require.NoError(t, err)
	}
	job := instance("job", "1", "a.c")
	job.ExpectedInterval = 24 * 40 * time.Hour
	_, err := s.Register(t.Context(), job)
	require.NoError(t, err)
	count := func(table string) (n int) {
		require.NoError(t, pool.QueryRow(t.Context(), "SELECT count(*) FROM "+table).Scan(&n))
		return n
	}
	age(t, pool, 24*31*time.Hour)
	require.NoError(t, s.Watch(t.Context()))
	assert.Equal(t, 1, count("instances"), "a job counts for its interval first")
	assert.Equal(t, 2, count("usages"), "what was used when is kept longer")
	age(t, pool, 24*740*time.Hour)
	require.NoError(t, s.Watch(t.Context()))
	assert.Zero(t, count("instances")+count("instance_needs")+count("usages"))
}

func TestAGapInTheWatchIsNoted(t *testing.T) {
	t.Parallel()
	s, pool := setup(t)
	look := func() lease.Window {
		w, err := s.Look(t.Context(), "identity", "0009_drop.sql", []string{"a.b"})
		require.NoError(t, err)
		return w
	}
	first := look()
	age(t, pool, time.Minute)
	assert.WithinDuration(t, first.WatchedSince.Add(-time.Minute), look().WatchedSince, 0)
	age(t, pool, time.Hour)
	assert.Equal(t, first.LookedAt, look().LookedAt)
	assert.WithinDuration(t, look().Now, look().WatchedSince, 10*time.Second, "after an hour nobody knows who was there")

	other, err := s.Look(t.Context(), "identity", "0009_drop.sql", []string{"a.c"})
	require.NoError(t, err)
	assert.True(t, other.LookedAt.After(first.LookedAt), "a gate of other objects is another gate")
}

func TestRunEndsWithItsContext(t *testing.T) {
	t.Parallel()
	s, pool := setup(t)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx, slog.New(slog.DiscardHandler)) }()
	require.Eventually(t, func() bool {
		var n int
		return pool.QueryRow(t.Context(), "SELECT count(*) FROM watches").Scan(&n) == nil && n == 1
	}, 30*time.Second, 10*time.Millisecond)
	cancel()
	require.NoError(t, <-done)
}

func TestCovers(t *testing.T) {
	t.Parallel()
	objects := []string{"a.b", "c.*"}
	for _, use := range []string{"a.b", "a.*", "c.d", "c.*"} {
		assert.True(t, lease.Covers(objects, use), use)
	}
	for _, use := range []string{"a.c", "b.b", "ab.b"} {
		assert.False(t, lease.Covers(objects, use), use)
	}
}
