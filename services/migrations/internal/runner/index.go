package runner

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"devtrail.dev/services/migrations/internal/sqlsplit"
)

// concurrentIndex finds the name of the index in CREATE INDEX CONCURRENTLY, with its schema when the table has one.
var concurrentIndex = regexp.MustCompile(`(?is)^CREATE\s+(?:UNIQUE\s+)?INDEX\s+CONCURRENTLY\s+(?:IF\s+NOT\s+EXISTS\s+)?("(?:[^"]|"")+"|[a-z_][\w$]*)\s+ON\s+(?:ONLY\s+)?((?:"(?:[^"]|"")+"|[a-z_][\w$]*)(?:\s*\.\s*(?:"(?:[^"]|"")+"|[a-z_][\w$]*))?)`)

// buildIndex runs a statement. Around CREATE INDEX CONCURRENTLY it looks at the index: an interrupted build leaves an index that is not valid,
// over which IF NOT EXISTS would step as if it were there.
func buildIndex(ctx context.Context, conn *pgx.Conn, s sqlsplit.Statement) error {
	name, table, ok := indexOf(s.Text)
	if !ok {
		return execute(ctx, conn, s.Text)
	}
	if err := dropInvalid(ctx, conn, name, table); err != nil {
		return err
	}
	if err := execute(ctx, conn, s.Text); err != nil {
		return err
	}
	_, valid, err := lookIndex(ctx, conn, name, table)
	if err == nil && !valid {
		err = fmt.Errorf("index %s is not valid after its build", name)
	}
	return err
}

// indexOf returns the index and table of CREATE INDEX CONCURRENTLY as they are written.
func indexOf(text string) (name, table string, ok bool) {
	m := concurrentIndex.FindStringSubmatch(text)
	if m == nil {
		return "", "", false
	}
	return m[1], m[2], true
}

// dropInvalid removes the leftover of an interrupted build, after the session that may still be building it has ended.
func dropInvalid(ctx context.Context, conn *pgx.Conn, name, table string) error {
	for {
		qualified, valid, err := lookIndex(ctx, conn, name, table)
		if err != nil || qualified == "" || valid {
			return err
		}
		var building bool
		err = conn.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_stat_progress_create_index WHERE index_relid = to_regclass($1))", qualified).Scan(&building)
		if err != nil {
			return err
		}
		if !building {
			return execute(ctx, conn, "DROP INDEX CONCURRENTLY IF EXISTS "+qualified)
		}
		if err := sleep(ctx, 200*time.Millisecond); err != nil {
			return err
		}
	}
}

// lookIndex returns the index's qualified name, "" when there is none, and whether it is valid. An index lives in the schema of its table.
func lookIndex(ctx context.Context, conn *pgx.Conn, name, table string) (qualified string, valid bool, err error) {
	plain := strings.ToLower(name)
	if strings.HasPrefix(name, `"`) {
		plain = strings.ReplaceAll(name[1:len(name)-1], `""`, `"`)
	}
	err = conn.QueryRow(ctx, `
SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname), i.indisvalid
FROM pg_index AS i
JOIN pg_class AS c ON c.oid = i.indexrelid
JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE i.indrelid = to_regclass($1)
  AND c.relname = $2`, table, plain).Scan(&qualified, &valid)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", false, nil
	}
	return qualified, valid, err
}
