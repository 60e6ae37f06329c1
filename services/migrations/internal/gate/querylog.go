package gate

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"devtrail.dev/services/migrations"
	"devtrail.dev/services/migrations/internal/lease"
)

// askClickHouse asks the server's own record of its queries, which has the columns that each one used, and what runs now. The server shows no idle
// connections; an instance whose lease ended and that is alive is known by its queries.
func (j *Judge) askClickHouse(ctx context.Context, l *look) error {
	opts, err := clickhouse.ParseDSN(j.deps.ClickHouseURL)
	if err != nil {
		return fmt.Errorf("read the ClickHouse URL: %w", err)
	}
	opts.ClientInfo.Products = append(opts.ClientInfo.Products, struct{ Name, Version string }{Name: migrations.Application})
	opts.MaxOpenConns, opts.MaxIdleConns = 1, 1
	conn, err := clickhouse.Open(opts)
	if err != nil {
		return migrations.ErrServerAway.Wrap(err)
	}
	defer conn.Close()
	covered, err := j.judgeCoverage(ctx, conn, l)
	if err != nil || !covered {
		return err
	}
	for _, ask := range []func(context.Context, driver.Conn, *look) error{j.judgeQueries, j.judgeRunning, j.judgeEndedClients} {
		if err := ask(ctx, conn, l); err != nil {
			return err
		}
	}
	return nil
}

// everywhere is a system table of all hosts.
func (j *Judge) everywhere(table string) string {
	if j.deps.Cluster == "" {
		return "system." + table
	}
	return "clusterAllReplicas(" + quote(j.deps.Cluster) + ", system." + table + ")"
}

// judgeCoverage closes the gate when the record does not go back for the soak. Times are the server's, as distances from its now.
func (j *Judge) judgeCoverage(ctx context.Context, conn driver.Conn, l *look) (covered bool, err error) {
	const disabled = "the server keeps no record of its queries (system.query_log), so that nobody knows what is used: "
	// What is not written yet is written first; the first writing makes the table.
	flush := "SYSTEM FLUSH LOGS"
	if j.deps.Cluster != "" {
		flush += " ON CLUSTER " + quote(j.deps.Cluster)
	}
	if err := conn.Exec(ctx, flush); err != nil {
		return false, err
	}
	var tables uint64
	if err := conn.QueryRow(ctx, "SELECT count() FROM system.tables WHERE database = 'system' AND name = 'query_log'").Scan(&tables); err != nil {
		return false, err
	}
	if tables == 0 {
		l.offend(migrations.ByQueryLog, disabled+"configure query_log")
		return false, nil
	}
	var settings []string
	err = conn.QueryRow(ctx, `
SELECT groupArray(name || ' = ' || value)
FROM system.settings
WHERE (name = 'log_queries' AND value != '1')
    OR (name = 'log_queries_probability' AND toFloat64OrZero(value) < 1)
    OR (name = 'log_queries_min_query_duration_ms' AND value != '0')
    OR (name = 'log_queries_min_type' AND value NOT IN ('QUERY_START', 'QUERY_FINISH'))`).Scan(&settings)
	if err != nil {
		return false, err
	}
	if len(settings) > 0 {
		l.offend(migrations.ByQueryLog, "%sthe settings say %s", disabled, strings.Join(settings, ", "))
		return false, nil
	}
	var rows uint64
	var micros int64
	err = conn.QueryRow(ctx, `
SELECT
    sum(n),
    min(age)
FROM (
    SELECT
        count() AS n,
        dateDiff('microsecond', min(event_time_microseconds), now64(6)) AS age
    FROM `+j.everywhere("query_log")+`
    GROUP BY hostName()
)`).Scan(&rows, &micros)
	if err != nil {
		return false, err
	}
	back := time.Duration(micros) * time.Microsecond
	begins := l.window.Now.Add(-back)
	l.use(lease.Use{At: begins, By: "the server's record of its queries begins then"})
	if rows == 0 || back < l.gate.Soak {
		l.offend(migrations.ByQueryLog, "the server's record of its queries goes back %s, which is less than %s: what was used before is not known; keep it for longer than that (TTL of system.query_log)",
			back.Round(time.Second), l.gate.Soak)
	}
	return true, nil
}

// query is a kind of query in the record.
type query struct {
	Text, User, Client, Address string
	Count                       uint64
	// Age is how long ago the last one was, in microseconds of the server's clock.
	Age int64
	// Exact says that the record itself has the columns.
	Exact bool
}

func (q query) String() string {
	who := "user " + q.User
	if q.Client != "" {
		who = q.Client + " (" + who + ")"
	}
	if q.Address != "" {
		who += " from " + q.Address
	}
	return fmt.Sprintf("%s ran %q", who, short(q.Text))
}

// judgeQueries closes the gate for queries of the soak that used the objects. The record has the columns that a query reads; of one that writes it has
// the table, and the text says the rest.
func (j *Judge) judgeQueries(ctx context.Context, conn driver.Conn, l *look) error {
	used, tables := uses(l.target.Database, l.gate.Objects)
	rows, err := conn.Query(ctx, `
SELECT
    any(query),
    user,
    client_name,
    any(toString(address)),
    count(),
    dateDiff('microsecond', max(event_time_microseconds), now64(6)),
    max(`+used+`) AS exact
FROM `+j.everywhere("query_log")+`
WHERE event_time >= now() - toIntervalSecond(?)
    AND (`+used+` OR (query_kind IN ('Alter', 'AsyncInsertFlush', 'Delete', 'Insert', 'Update') AND hasAny(tables, ?)))
    AND NOT match(client_name, '^`+migrations.Application+`([ /]|$)')
GROUP BY normalized_query_hash, user, client_name
ORDER BY exact DESC, count() DESC`, int64(l.gate.Soak/time.Second)+1, tables)
	if err != nil {
		return err
	}
	defer rows.Close()
	var found []query
	for rows.Next() {
		var q query
		if err := rows.Scan(&q.Text, &q.User, &q.Client, &q.Address, &q.Count, &q.Age, &q.Exact); err != nil {
			return err
		}
		if q.Exact || writes(l.gate.Objects, q.Text) {
			found = append(found, q)
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	for i, q := range found {
		at := l.window.Now.Add(-time.Duration(q.Age) * time.Microsecond)
		l.use(lease.Use{At: at, By: q.String()})
		if i < few {
			l.offend(migrations.ByQueryLog, "%s %d times, last at %s", q, q.Count, stamp(at))
		}
	}
	return nil
}

// judgeRunning closes the gate for queries that run now and name the objects.
func (j *Judge) judgeRunning(ctx context.Context, conn driver.Conn, l *look) error {
	rows, err := conn.Query(ctx, `
SELECT
    query,
    user,
    client_name,
    toString(address)
FROM `+j.everywhere("processes")+`
WHERE NOT match(client_name, '^`+migrations.Application+`([ /]|$)')
    AND (current_database = ? OR position(query, ?) > 0)`, l.target.Database, l.target.Database)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var q query
		if err := rows.Scan(&q.Text, &q.User, &q.Client, &q.Address); err != nil {
			return err
		}
		if writes(l.gate.Objects, q.Text) {
			l.offend(migrations.ByQueryLog, "%s and still runs it", q)
			l.use(lease.Use{At: l.window.Now, By: q.String()})
		}
	}
	return rows.Err()
}

// judgeEndedClients closes the gate for instances whose leases ended and who went on asking.
func (j *Judge) judgeEndedClients(ctx context.Context, conn driver.Conn, l *look) error {
	for _, one := range l.leases {
		uses := l.uses(one)
		if one.State == migrations.Live || uses == "" {
			continue
		}
		var count uint64
		var age int64
		err := conn.QueryRow(ctx, `
SELECT
    count(),
    dateDiff('microsecond', max(event_time_microseconds), now64(6))
FROM `+j.everywhere("query_log")+`
WHERE event_time >= now() - toIntervalSecond(?)
    AND (client_name = ? OR startsWith(client_name, ?) OR startsWith(client_name, ?))`,
			int64(l.gate.Soak/time.Second)+1, one.ApplicationName, one.ApplicationName+"/", one.ApplicationName+" ").Scan(&count, &age)
		if err != nil {
			return err
		}
		at := l.window.Now.Add(-time.Duration(age) * time.Microsecond)
		if count == 0 || !at.After(one.ExpiresAt) {
			continue
		}
		l.use(lease.Use{At: at, By: instance(one) + " was alive"})
		if l.window.Now.Before(at.Add(l.gate.Soak)) {
			l.offend(migrations.ByLostLease, "%s lost its lease at %s and ran queries until %s, so that it may be alive, and %s", instance(one), stamp(one.ExpiresAt), stamp(at), uses)
		}
	}
	return nil
}

// uses is the condition that a query of the record read one of the objects, and the tables of the objects.
func uses(database string, objects []string) (condition string, tables []string) {
	var columns, whole []string
	for _, o := range objects {
		table, column, _ := strings.Cut(o, ".")
		tables = append(tables, database+"."+table)
		if column == "*" {
			whole = append(whole, quote(database+"."+table))
		} else {
			columns = append(columns, quote(database+"."+o))
		}
	}
	// A query of a whole table need not read a column of it.
	return "(hasAny(columns, CAST([" + strings.Join(columns, ", ") + "], 'Array(String)')) OR hasAny(tables, CAST([" + strings.Join(whole, ", ") + "], 'Array(String)')))", tables
}

var (
	literal = regexp.MustCompile(`'(?:[^'\\]|\\.)*'`)
	word    = regexp.MustCompile(`[A-Za-z_][A-Za-z0-9_]*`)
	// listed is an insert that lists its columns.
	listed = regexp.MustCompile(`(?is)^\s*INSERT\s+INTO\s+(?:TABLE\s+)?[^\s(]+\s*\(\s*[^*\s]`)
	insert = regexp.MustCompile(`(?is)^\s*INSERT\s`)
)

// writes reports whether the text of a query names one of the objects, or may mean it without naming it.
func writes(objects []string, text string) bool {
	words := word.FindAllString(literal.ReplaceAllString(text, "''"), -1)
	return slices.ContainsFunc(objects, func(o string) bool {
		table, column, _ := strings.Cut(o, ".")
		return slices.Contains(words, table) &&
			(column == "*" || slices.Contains(words, column) || (insert.MatchString(text) && !listed.MatchString(text)))
	})
}

func quote(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(s) + "'"
}
