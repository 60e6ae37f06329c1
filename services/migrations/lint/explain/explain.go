// Package explain asks servers what the linter cannot know from text: whether ClickHouse's parser takes a statement, and how many rows
// Postgres expects a statement to touch. Neither carries a statement out. Its functions are the hooks of lint.Options; whoever holds a
// connection (the command line, the runner) passes them.
package explain

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strconv"

	ch "github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"devtrail.dev/services/migrations/lint/rule"
)

// syntaxError is the code of ClickHouse for text that its parser refuses.
const syntaxError = 62

// position is where ClickHouse says that the text goes wrong, in bytes from 1.
var position = regexp.MustCompile(`failed at position ([0-9]+)`)

// prefix is put before a statement to ask for its syntax tree.
const prefix = "EXPLAIN AST "

// ClickHouse returns the hook Options.Explain on a connection. EXPLAIN AST parses the statement and does nothing else.
func ClickHouse(ctx context.Context, conn driver.Conn) func(sql string) error {
	return func(sql string) error {
		rows, err := conn.Query(ctx, prefix+sql)
		if err == nil {
			defer rows.Close()
			for rows.Next() { // the answer is the tree; it is read to its end, where an error would stand
			}
			err = rows.Err()
		}
		var refused *ch.Exception
		if errors.As(err, &refused) && refused.Code == syntaxError {
			return &rule.Refusal{Message: refused.Message, Offset: offset(refused.Message)}
		}
		return err
	}
}

// offset reads the place out of ClickHouse's sentence, 0 when there is none.
func offset(message string) int {
	m := position.FindStringSubmatch(message)
	if m == nil {
		return 0
	}
	at, err := strconv.Atoi(m[1])
	if err != nil {
		return 0
	}
	return max(at-1-len(prefix), 0)
}

// plan is the part of EXPLAIN (FORMAT JSON) that is read.
type plan struct {
	Node string  `json:"Node Type"`
	Rows float64 `json:"Plan Rows"`
	Of   []plan  `json:"Plans"`
}

// Postgres returns the hook Options.Estimate on a connection. EXPLAIN plans the statement and does nothing else.
func Postgres(ctx context.Context, conn *pgx.Conn) func(sql string) (float64, error) {
	return func(sql string) (float64, error) {
		var text []byte
		err := conn.QueryRow(ctx, "EXPLAIN (FORMAT JSON) "+sql, pgx.QueryExecModeSimpleProtocol).Scan(&text)
		var refused *pgconn.PgError
		if errors.As(err, &refused) {
			return 0, &rule.Refusal{Message: refused.Message}
		}
		if err != nil {
			return 0, err
		}
		var plans []struct{ Plan plan }
		if err := json.Unmarshal(text, &plans); err != nil || len(plans) == 0 {
			return 0, fmt.Errorf("read the plan: %w", err)
		}
		top := plans[0].Plan
		if top.Node == "ModifyTable" && len(top.Of) > 0 {
			top = top.Of[0] // the rows that go in; what comes out is RETURNING
		}
		return top.Rows, nil
	}
}
