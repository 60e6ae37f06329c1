package runner

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"devtrail.dev/kit/pause"
	"devtrail.dev/services/migrations"
	"devtrail.dev/services/migrations/internal/sqlsplit"
	lintpostgres "devtrail.dev/services/migrations/lint/postgres"
)

// concurrentIndex finds the name of the index in CREATE INDEX CONCURRENTLY, with its schema when the table has one.
var concurrentIndex = regexp.MustCompile(`(?i)^CREATE (?:UNIQUE )?INDEX CONCURRENTLY (?:IF NOT EXISTS )?(` + identifier + `) ON (?:ONLY )?(` + qualified + `)`)

// buildIndex runs a statement. Around CREATE INDEX CONCURRENTLY it looks at the index: an interrupted build leaves an index that is not valid,
// over which IF NOT EXISTS would step as if it were there. The build waits for old snapshots, whose owners are told before.
func (p *postgres) buildIndex(ctx context.Context, conn *pgx.Conn, req request, s step, known bool) error {
	name, table, ok := indexOf(s.statement.Text)
	if !ok {
		return execute(ctx, conn, s.statement.Text)
	}
	if err := dropInvalid(ctx, conn, s.statement, name, table, known); err != nil {
		return err
	}
	old, err := oldSnapshots(ctx, conn)
	if err != nil {
		return err
	}
	if len(old) > 0 {
		req.report(migrations.Progress{
			File: s.file.Name, Statement: s.number, Phase: migrations.RunningStatement,
			Message: "the build waits until these have ended: " + strings.Join(old, ", "),
		})
	}
	if err := execute(ctx, conn, s.statement.Text); err != nil {
		return err
	}
	built, valid, err := lookIndex(ctx, conn, name, table)
	switch {
	case err != nil:
		return err
	case built == "": // IF NOT EXISTS has stepped over what is no index of the table
		return fmt.Errorf("%s has no index %s: something else has this name, so give the index another one", table, name)
	case !valid:
		return fmt.Errorf("index %s is not valid after its build", name)
	}
	return nil
}

// oldSnapshots names the sessions of this database whose transactions hold an old snapshot.
func oldSnapshots(ctx context.Context, conn *pgx.Conn) ([]string, error) {
	rows, err := conn.Query(ctx, `
SELECT
    'pid ' || pid || ' (' || concat_ws(', ', nullif(application_name, ''), usename, state)
    || ', for ' || date_trunc('second', clock_timestamp() - xact_start) || ')'
FROM pg_stat_activity
WHERE datname = current_database()
  AND backend_xmin IS NOT NULL
  AND xact_start IS NOT NULL
  AND pid <> pg_backend_pid()
ORDER BY xact_start`)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// indexOf returns the index and table of CREATE INDEX CONCURRENTLY as they are written.
func indexOf(text string) (name, table string, ok bool) {
	m := concurrentIndex.FindStringSubmatch(spaced(text))
	if m == nil {
		return "", "", false
	}
	return m[1], m[2], true
}

// dropInvalid removes the leftover of an interrupted build, after the session that may still be building it has ended.
// A leftover that is not of this statement is somebody else's and stays.
func dropInvalid(ctx context.Context, conn *pgx.Conn, s sqlsplit.Statement, name, table string, known bool) error {
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
			if err := ours(ctx, conn, s, qualified, known); err != nil {
				return err
			}
			return execute(ctx, conn, "DROP INDEX CONCURRENTLY IF EXISTS "+qualified)
		}
		if err := pause.For(ctx, 200*time.Millisecond); err != nil {
			return err
		}
	}
}

// lookIndex returns the index's qualified name, "" when there is none, and whether it is valid. An index lives in the schema of its table.
func lookIndex(ctx context.Context, conn *pgx.Conn, name, table string) (qualified string, valid bool, err error) {
	err = conn.QueryRow(ctx, `
SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname), i.indisvalid
FROM pg_index AS i
JOIN pg_class AS c ON c.oid = i.indexrelid
JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE i.indrelid = to_regclass($1)
  AND c.relname = (parse_ident($2))[1]::name`, table, name).Scan(&qualified, &valid)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", false, nil
	}
	return qualified, valid, err
}

// ours is nil when an invalid index may be taken for the leftover of the statement: the journal knows that it was begun, or the definitions are the same.
func ours(ctx context.Context, conn *pgx.Conn, s sqlsplit.Statement, qualified string, known bool) error {
	if known {
		return nil
	}
	var definition string
	if err := conn.QueryRow(ctx, "SELECT pg_get_indexdef(to_regclass($1))", qualified).Scan(&definition); err != nil {
		return err
	}
	there, err := lintpostgres.PlainIndex(definition)
	if err != nil {
		return err
	}
	wanted, err := lintpostgres.PlainIndex(s.Text)
	if err != nil {
		return err
	}
	if there == wanted {
		return nil
	}
	return fmt.Errorf("an invalid index %s of another definition is in the way: %s: drop it, or give the new one another name", qualified, definition)
}
