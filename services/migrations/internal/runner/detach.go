package runner

import (
	"context"
	"errors"
	"regexp"
	"strings"

	"github.com/jackc/pgx/v5"
)

// concurrentDetach finds both tables of DETACH PARTITION CONCURRENTLY.
var concurrentDetach = regexp.MustCompile(`(?i)^ALTER TABLE (?:IF EXISTS )?(?:ONLY )?(` + qualified + `) (?:\* )?DETACH PARTITION (` + qualified + `) CONCURRENTLY$`)

// detachOf returns the tables of DETACH PARTITION CONCURRENTLY as they are written.
func detachOf(text string) (parent, partition string, ok bool) {
	m := concurrentDetach.FindStringSubmatch(spaced(text))
	if m == nil {
		return "", "", false
	}
	return m[1], m[2], true
}

// detach runs DETACH PARTITION CONCURRENTLY. It commits in its middle, and then waits for those who use the table: what is cut off there leaves the
// partition pending, and Postgres refuses the statement from then on, and takes FINALIZE instead.
// Where the journal knows that it was begun, a table that is no partition any more is its end.
func (p *postgres) detach(ctx context.Context, conn *pgx.Conn, s step, parent, partition string, past attempt) error {
	standing, err := lookPartition(ctx, conn, parent, partition)
	if err == nil && past.failure != "" && (standing == "attached" || standing == "pending") {
		err = p.write(ctx, conn, s, "started", "") // it was a partition, whatever was said before
	}
	switch {
	case err != nil:
		return err
	case standing == "pending":
		return execute(ctx, conn, "ALTER TABLE "+parent+" DETACH PARTITION "+partition+" FINALIZE")
	case standing == "apart" && past.begun && !strings.Contains(past.failure, codeUndefinedTable):
		return nil
	}
	// A table that never was a partition of the other is "apart" as well; the server says so.
	return execute(ctx, conn, s.statement.Text)
}

// lookPartition returns how a table stands to another one: "attached", "pending" when its detaching has begun, "apart", or "" when one of them is not there.
func lookPartition(ctx context.Context, conn *pgx.Conn, parent, partition string) (standing string, err error) {
	err = conn.QueryRow(ctx, `
SELECT CASE WHEN i.inhdetachpending THEN 'pending' WHEN i.inhrelid IS NOT NULL THEN 'attached' ELSE 'apart' END
FROM pg_class AS c
LEFT JOIN pg_inherits AS i ON i.inhrelid = c.oid AND i.inhparent = to_regclass($1)
WHERE c.oid = to_regclass($2)
  AND to_regclass($1) IS NOT NULL`, parent, partition).Scan(&standing)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", nil
	}
	return standing, err
}
