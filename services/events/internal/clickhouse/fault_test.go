package clickhouse

import (
	"strconv"
	"strings"
	"testing"

	"github.com/ClickHouse/ch-go"
	"github.com/ClickHouse/ch-go/proto"
	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/dbtest"
	"devtrail.dev/services/events"
	eventsmigrations "devtrail.dev/services/events/migrations"
)

// TestThePassingCodesAreThoseTheyAreNamedFor asks the server for the names of its codes. What it refuses us is no fault of what is asked or stored.
func TestThePassingCodesAreThoseTheyAreNamedFor(t *testing.T) {
	t.Parallel()
	s := reopen(t, dbtest.ClickHouse(t, eventsmigrations.ClickHouse()))
	for number, name := range passing {
		var is string
		require.NoError(t, s.conn.QueryRow(t.Context(), "SELECT errorCodeToName("+strconv.Itoa(int(number))+")").Scan(&is))
		assert.Equal(t, name, is, number)
	}
	err := s.conn.Exec(t.Context(), "CREATE USER somebody") // which this user may not
	require.EqualValues(t, 497, code(err))
	require.ErrorIs(t, translate(t.Context(), err), events.ErrStoreUnavailable)
}

// The embedded server ends itself when it lets somebody not in, so the drivers' errors are made here.
func TestWhatPassesIsUnavailableByEitherDriver(t *testing.T) {
	t.Parallel()
	for _, number := range []int32{164, 192, 193, 194, 195, 202, 216, 225, 241, 243, 252, 394, 497, 516, 999} {
		require.ErrorIs(t, translate(t.Context(), &clickhouse.Exception{Code: number}), events.ErrStoreUnavailable, number)
		require.ErrorIs(t, translate(t.Context(), &ch.Exception{Code: proto.Error(number)}), events.ErrStoreUnavailable, number)
	}
	for _, number := range []int32{6, 27, 53, 117} { // of values
		require.NotErrorIs(t, translate(t.Context(), &clickhouse.Exception{Code: number}), events.ErrStoreUnavailable, number)
		require.NotErrorIs(t, translate(t.Context(), &ch.Exception{Code: proto.Error(number)}), events.ErrStoreUnavailable, number)
	}
}

// TestAStatementBeyondTheServersLimitsIsTooLarge asks what a cohort of very many conditions may become.
func TestAStatementBeyondTheServersLimitsIsTooLarge(t *testing.T) {
	t.Parallel()
	s := open(t).(*Store)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	for name, text := range map[string]string{
		"long": "SELECT " + strings.Repeat("1 + ", 100_000) + "1",
		"big":  "SELECT " + strings.Repeat("1,", 60_000) + "1",
		"deep": "SELECT 1 FROM (SELECT 1) SETTINGS max_ast_depth = 2",
	} {
		require.ErrorIs(t, judge(t.Context(), s.conn.Exec(t.Context(), text)), events.ErrQuestionTooLarge, name)
	}
	require.NotErrorIs(t, judge(t.Context(), s.conn.Exec(t.Context(), "SELECT FROM WHERE")), events.ErrQuestionTooLarge)
}
