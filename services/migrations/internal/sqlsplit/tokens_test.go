package sqlsplit_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"devtrail.dev/services/migrations/internal/sqlsplit"
)

func TestTokensPutTogetherAreTheText(t *testing.T) {
	const sql = "SELECT 'a;b' -- c\n, `d` FROM t # e\n;(1)"
	tokens, err := sqlsplit.Tokens(sql, sqlsplit.ClickHouse)
	require.NoError(t, err)
	var text strings.Builder
	for _, token := range tokens {
		require.Equal(t, text.Len(), token.Pos)
		text.WriteString(token.Text)
	}
	require.Equal(t, sql, text.String())
	require.Equal(t, sqlsplit.Token{Kind: sqlsplit.Quoted, Text: "'a;b'", Pos: 7}, tokens[2])
}

func TestTokensBeforeAnOpenQuoteAreReturned(t *testing.T) {
	tokens, err := sqlsplit.Tokens("SELECT 'a", sqlsplit.ClickHouse)
	require.EqualError(t, err, "line 1: the string is not closed")
	require.Len(t, tokens, 2)
}
