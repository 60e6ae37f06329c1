package clickhouse

import (
	"context"
	"errors"
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/dbtest"
	"devtrail.dev/kit/fault"
	"devtrail.dev/services/events"
	"devtrail.dev/services/events/insight"
	eventsmigrations "devtrail.dev/services/events/migrations"
)

// endless is a statement that does not end by itself.
const endless = "SELECT sum(sipHash64(number)) FROM numbers(1000000000000)"

// runsFor asks a statement as questions are asked, and returns what its caller gets.
func runsFor(ctx context.Context, s *Store, kind, statement string) error {
	bounded, cancel, err := s.bounded(ctx, kind, about(org), nil)
	if err != nil {
		return err
	}
	defer cancel()
	return judge(ctx, s.conn.Exec(bounded, statement))
}

// comments are those of the queries of a kind that run now.
func comments(t *testing.T, s *Store, kind string) []string {
	var list []string
	rows, err := s.conn.Query(t.Context(), `
SELECT log_comment
FROM (SELECT query_id, Settings['log_comment'] AS log_comment FROM system.processes)
WHERE startsWith(query_id, ?)`, org.String()+"_"+kind+"_")
	require.NoError(t, err)
	defer func() { require.NoError(t, rows.Close()) }()
	for rows.Next() {
		var text string
		require.NoError(t, rows.Scan(&text))
		list = append(list, text)
	}
	require.NoError(t, rows.Err())
	return list
}

func TestAQuestionThatItsCallerLeavesEndsOnTheServer(t *testing.T) {
	t.Parallel()
	s := reopen(t, dbtest.ClickHouse(t, eventsmigrations.ClickHouse()))
	s.limits.Time = 5 * time.Minute // it does not end by itself meanwhile
	kind := dbtest.Name(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- runsFor(ctx, s, kind, endless) }()
	var running []string
	require.Eventually(t, func() bool {
		running = comments(t, s, kind)
		return len(running) == 1
	}, time.Minute, 10*time.Millisecond)
	assert.JSONEq(t, `{"organization":"`+org.String()+`","kind":"`+kind+`"}`, running[0])
	cancel()
	require.ErrorIs(t, <-ended, context.Canceled)
	require.Eventually(t, func() bool { return len(comments(t, s, kind)) == 0 }, time.Minute, 10*time.Millisecond)
}

func TestAQuestionIsStoppedBeforeItsDeadline(t *testing.T) {
	t.Parallel()
	s := reopen(t, dbtest.ClickHouse(t, eventsmigrations.ClickHouse()))
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second) // less than a question may take
	defer cancel()
	bounded, stop, err := s.bounded(ctx, "slow", about(org), nil)
	require.NoError(t, err)
	defer stop()
	var limit string
	require.NoError(t, s.conn.QueryRow(bounded, "SELECT value FROM system.settings WHERE name = 'max_execution_time'").Scan(&limit))
	seconds, err := strconv.ParseFloat(limit, 64)
	require.NoError(t, err)
	require.Less(t, seconds, 9.81, "the caller still listens")
	require.Greater(t, seconds, 1.0, "what is left, on a machine that is busy")
	err = runsFor(t.Context(), s, "slow", endless+" SETTINGS max_execution_time = 0.2")
	require.ErrorIs(t, err, fault.Timeout)
	require.Equal(t, "QUESTION_TOO_SLOW", fault.ReasonOf(err))
}

func TestErrorsOfTheServerHaveKinds(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		code    int32
		message string
		want    fault.Kind
	}{
		{159, "Timeout exceeded", fault.Timeout},
		{160, "Estimated query execution time is too long", fault.Timeout},
		{202, "Too many simultaneous queries", fault.Unavailable},
		{241, "Memory limit (for query) exceeded", fault.Exhausted},
		{241, "(total) memory limit exceeded", fault.Unavailable},
		{242, "Table is in readonly mode", fault.Unavailable},
		{394, "Query was cancelled", fault.Canceled},
		{427, "pattern too large - compile failed", fault.Exhausted},
		{62, "Syntax error", fault.Internal},
	} {
		err := judge(t.Context(), &clickhouse.Exception{Code: c.code, Message: c.message})
		assert.Equal(t, c.want, fault.KindOf(err), "%d %s", c.code, c.message)
	}
	assert.Equal(t, fault.Unavailable, fault.KindOf(judge(t.Context(), errors.New("connection reset"))))
}

func TestTheErrorOfAReaderOfSequencesIsReturned(t *testing.T) {
	t.Parallel()
	s := reopen(t, dbtest.ClickHouse(t, eventsmigrations.ClickHouse()))
	w := world{rand.New(rand.NewPCG(*seed, 2))} //nolint:gosec // repeatable, not secret
	w.fill(t, 60, s)
	enough := errors.New("enough")
	q := insight.SequenceQuery{Question: insight.Question{Range: events.AllTime, By: insight.Machines}, All: true}
	require.ErrorIs(t, s.Sequences(t.Context(), org, q, func(insight.Sequence) error { return enough }), enough)
}
