package dbtest

import (
	"context"
	"errors"
	"fmt"
	neturl "net/url"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"devtrail.dev/kit/schema"
)

// limitedRole owns nothing and may do in each database only what Limited gives it there.
const limitedRole = "dbtest_limited"

// Limited returns a URL of the database of url whose sessions may read and
// write only the columns of a list, each as table.column: Postgres itself then
// refuses every use of a column that the list lacks. Rows may be deleted from
// the tables of the list.
func Limited(tb testing.TB, url string, list []string) string {
	tb.Helper()
	columns := map[string][]string{}
	for _, use := range list {
		table, column, _ := strings.Cut(use, ".")
		columns[table] = append(columns[table], column)
	}
	if err := limit(tb.Context(), url, columns); err != nil {
		tb.Fatalf("dbtest: limit a role to a list of columns: %v", err)
	}
	u, err := neturl.Parse(url)
	if err != nil {
		tb.Fatalf("dbtest: %v", err)
	}
	settings := u.Query()
	settings.Set("role", limitedRole)
	u.RawQuery = settings.Encode()
	return u.String()
}

func limit(ctx context.Context, url string, columns map[string][]string) error {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	_, err = conn.Exec(ctx, "CREATE ROLE "+limitedRole)
	// Another test made it, perhaps at this moment.
	const duplicateObject, uniqueViolation = "42710", "23505"
	if refused, ok := errors.AsType[*pgconn.PgError](err); err != nil && (!ok || (refused.Code != duplicateObject && refused.Code != uniqueViolation)) {
		return err
	}
	grants := []string{"GRANT SELECT ON " + schema.HistoryTable + " TO " + limitedRole}
	for table, names := range columns {
		name := pgx.Identifier{table}.Sanitize()
		grants = append(grants, fmt.Sprintf("GRANT DELETE ON %s TO %s", name, limitedRole))
		if slices.Contains(names, "*") {
			continue // the table is used and none of its columns
		}
		for i, column := range names {
			names[i] = pgx.Identifier{column}.Sanitize()
		}
		some := strings.Join(names, ", ")
		grants = append(grants, fmt.Sprintf("GRANT SELECT (%[1]s), INSERT (%[1]s), UPDATE (%[1]s) ON %[2]s TO %[3]s", some, name, limitedRole))
	}
	for _, grant := range grants {
		if _, err := conn.Exec(ctx, grant); err != nil {
			return fmt.Errorf("%s: %w", grant, err)
		}
	}
	return nil
}
