package clickhouse

import (
	"context"
	"testing"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/dbtest"
	"devtrail.dev/services/events"
	"devtrail.dev/services/events/insight"
	eventsmigrations "devtrail.dev/services/events/migrations"
	"devtrail.dev/services/events/storetest"
)

func TestMonitor(t *testing.T) {
	endlessly := func(ctx context.Context, e insight.Engine) error {
		s := e.(*Store)
		bounded, cancel, err := s.bounded(ctx, "endless", about(storetest.ID("org")), nil)
		if err != nil {
			return err
		}
		defer cancel()
		return judge(ctx, s.conn.Exec(bounded, endless))
	}
	storetest.RunMonitor(t, open, endlessly, flushQueryLog)
}

// flushQueryLog has the server write its log of queries down.
func flushQueryLog(t *testing.T) {
	t.Helper()
	options, err := clickhouse.ParseDSN(dbtest.ClickHouseServer(t))
	require.NoError(t, err)
	conn, err := clickhouse.Open(options)
	require.NoError(t, err)
	defer func() { require.NoError(t, conn.Close()) }()
	require.NoError(t, conn.Exec(t.Context(), "SYSTEM FLUSH LOGS query_log"))
}

func TestAQuestionIsEndedAtItsLimits(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		limits    func(*events.QueryLimits)
		statement string
	}{
		"memory": {func(l *events.QueryLimits) { l.MemoryBytes = 20 << 20 }, "SELECT uniqExact(number) FROM numbers(50000000)"},
		"rows":   {func(l *events.QueryLimits) { l.ResultRows = 1000 }, "SELECT number FROM numbers(1000000)"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := reopen(t, dbtest.ClickHouse(t, eventsmigrations.ClickHouse()))
			c.limits(&s.limits)
			require.ErrorIs(t, runsFor(t.Context(), s, name, c.statement), events.ErrQuestionTooLarge)
			_, err := s.RunningQueries(t.Context(), org)
			require.NoError(t, err, "others go on")
		})
	}
}
