package clickhouse

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/dbtest"
	"devtrail.dev/kit/fault"
	"devtrail.dev/services/events"
	eventsmigrations "devtrail.dev/services/events/migrations"
	"devtrail.dev/services/events/storetest"
)

var (
	org   = uuid.MustParse("5d0c3a5e-0000-4000-8000-000000000001")
	noon  = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	query = events.ExposureQuery{Package: "pkg:npm/x", Range: events.AllTime, Limit: 10}
)

// errKilled stands for the death of the process between the two inserts of a block: nothing after it runs.
var errKilled = errors.New("killed")

// years makes events that touch a package, over several partitions.
func years(t *testing.T, from, count int) []events.Event {
	t.Helper()
	batch := make([]events.Event, count)
	for i := range batch {
		id := uuid.NewSHA1(uuid.NameSpaceOID, fmt.Append(nil, from+i))
		e, err := events.Event{
			ID: id, Name: "package.added", OccurredAt: noon.AddDate(-i%5, 0, 0),
			Packages: []string{"pkg:npm/x@1", "pkg:npm/x@2"}, Source: events.Source{Kind: events.SourceGit, Tool: "git"},
		}.Canonical(noon)
		require.NoError(t, err)
		batch[i] = e
	}
	return batch
}

func count(t *testing.T, s events.Store) (listed, exposed int) {
	t.Helper()
	list, err := s.List(t.Context(), org, events.ListQuery{Range: events.AllTime, Limit: 1000})
	require.NoError(t, err)
	x, err := s.Exposure(t.Context(), org, query)
	require.NoError(t, err)
	return len(list), int(x.Sighting.Count)
}

// reopen opens a store as a new process would.
func reopen(t *testing.T, url string) *Store {
	t.Helper()
	s, err := Open(url, "events-test", storetest.Questions, time.Now)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

func TestABlockCutBetweenItsInsertsIsCompletedByTheNextProcess(t *testing.T) {
	t.Parallel()
	url := dbtest.ClickHouse(t, eventsmigrations.ClickHouse())
	dying := reopen(t, url)
	_, err := dying.Append(t.Context(), org, years(t, 0, 10))
	require.NoError(t, err)
	dying.between = func() error { return errKilled }
	_, err = dying.Append(t.Context(), org, years(t, 5, 10)) // 5 of them are there already
	require.ErrorIs(t, err, errKilled)

	// The negative control: without settling, the answers disagree.
	blind := reopen(t, url)
	blind.unsettled.Store(false)
	listed, exposed := count(t, blind)
	require.Equal(t, 15, listed)
	require.Equal(t, 10, exposed)

	listed, exposed = count(t, reopen(t, url)) // a reader is enough
	require.Equal(t, 15, listed)
	require.Equal(t, 15, exposed)

	outcomes, err := reopen(t, url).Append(t.Context(), org, years(t, 5, 11))
	require.NoError(t, err)
	require.Equal(t, events.Stored, outcomes[10])
	for _, o := range outcomes[:10] {
		require.Equal(t, events.Duplicate, o)
	}
	listed, exposed = count(t, reopen(t, url))
	require.Equal(t, 16, listed)
	require.Equal(t, 16, exposed)
}

func TestARetryInTheSameProcessCompletesTheBlockFirst(t *testing.T) {
	t.Parallel()
	s := reopen(t, dbtest.ClickHouse(t, eventsmigrations.ClickHouse()))
	attempts := 0
	s.between = func() error {
		if attempts++; attempts == 1 {
			return errKilled
		}
		return nil
	}
	batch := years(t, 0, 10)
	_, err := s.Append(t.Context(), org, batch)
	require.ErrorIs(t, err, errKilled)
	for range 2 {
		outcomes, err := s.Append(t.Context(), org, batch)
		require.NoError(t, err)
		require.Equal(t, events.Duplicate, outcomes[0])
		listed, exposed := count(t, s)
		require.Equal(t, 10, listed)
		require.Equal(t, 10, exposed)
	}
}

func TestPackagesThatLandAfterTheyWereCompletedDoNotCountTwice(t *testing.T) {
	t.Parallel()
	s := reopen(t, dbtest.ClickHouse(t, eventsmigrations.ClickHouse()))
	require.NoError(t, s.settle(t.Context()))
	life, err := s.life(t.Context())
	require.NoError(t, err)
	b := block{organization: org, id: 7, life: life}
	batch := years(t, 0, 10)
	require.NoError(t, s.insertEvents(t.Context(), b, batch))
	s.unsettled.Store(true)
	require.NoError(t, s.settle(t.Context()))
	of := make([]owned, len(batch))
	for i, e := range batch {
		of[i] = owned{Event: e, organization: org}
	}
	require.NoError(t, s.insertPackages(t.Context(), b, of, 0)) // the insert that was thought lost
	listed, exposed := count(t, s)
	require.Equal(t, 10, listed)
	require.Equal(t, 10, exposed)

	// The negative control: under another token the same rows count again.
	require.NoError(t, s.insertPackages(t.Context(), block{organization: org, id: 7, life: life + 1}, of, 0))
	_, exposed = count(t, s)
	require.Equal(t, 20, exposed)
}

func TestAnInsertOutlivesItsCaller(t *testing.T) {
	t.Parallel()
	s := reopen(t, dbtest.ClickHouse(t, eventsmigrations.ClickHouse()))
	ctx, cancel := context.WithCancel(t.Context())
	s.between = func() error { cancel(); return nil }
	_, err := s.Append(ctx, org, years(t, 0, 10))
	require.NoError(t, err)
	listed, exposed := count(t, s)
	require.Equal(t, 10, listed)
	require.Equal(t, 10, exposed)
}

func TestAServerThatIsAwayIsUnavailable(t *testing.T) {
	t.Parallel()
	s := reopen(t, "clickhouse://default@127.0.0.1:1/default")
	require.ErrorIs(t, s.Ready(t.Context()), fault.Unavailable)
	_, err := s.Append(t.Context(), org, years(t, 0, 1))
	require.ErrorIs(t, err, fault.Unavailable)
}

func TestADatabaseWithoutSchemaIsNotReady(t *testing.T) {
	t.Parallel()
	s := reopen(t, dbtest.EmptyClickHouse(t))
	err := s.Ready(t.Context())
	require.ErrorIs(t, err, fault.Unavailable)
	require.ErrorContains(t, err, "0001_events.sql")
	_, err = s.List(t.Context(), org, events.ListQuery{Range: events.AllTime, Limit: 1})
	require.ErrorIs(t, err, fault.Unavailable)
}

// While inserts are under way after one has failed, or somebody settles, whoever has a deadline gets an answer by then.
func TestNobodyWaitsForABlockInDoubtPastADeadline(t *testing.T) {
	t.Parallel()
	s := reopen(t, dbtest.ClickHouse(t, eventsmigrations.ClickHouse()))
	require.NoError(t, s.Ready(t.Context()))
	require.NoError(t, s.inserting.join(t.Context())) // as an insert that the server does not answer
	s.unsettled.Store(true)
	for range 2 {
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		answer := make(chan error, 2)
		go func() { answer <- s.Ready(ctx) }()
		go func() {
			_, err := s.List(ctx, org, events.ListQuery{Limit: 1, Range: events.AllTime})
			answer <- err
		}()
		var told string
		for range 2 {
			select {
			case err := <-answer:
				require.Error(t, err)
				told += err.Error() + ";"
			case <-time.After(30 * time.Second):
				t.Fatal("no answer")
			}
		}
		require.Contains(t, told, "what it left is not settled yet")
		require.Contains(t, told, context.DeadlineExceeded.Error())
		cancel()
	}
	s.inserting.leave()
	require.NoError(t, s.Ready(t.Context()))
}
