package gate

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"devtrail.dev/kit/pg"
	"devtrail.dev/services/migrations"
	"devtrail.dev/services/migrations/internal/lease"
)

// backend is a connection in pg_stat_activity.
type backend struct {
	PID                        int32
	Application, User, Address string
	Kind                       string
	Since                      time.Time
	// Here says that it is connected to the target; only receivers of the write-ahead log may be connected to none.
	Here bool
}

func (b backend) String() string {
	who := fmt.Sprintf("pid %d", b.PID)
	if b.Kind != "" && b.Kind != clientBackend {
		who = b.Kind + " " + who
	}
	if b.Application != "" {
		who = b.Application + " (" + who + ")"
	}
	if b.User != "" {
		who += ", user " + b.User
	}
	if b.Address != "" {
		who += ", from " + b.Address
	}
	return who + ", connected since " + stamp(b.Since)
}

const (
	clientBackend = "client backend"
	walSender     = "walsender"
)

// askPostgres asks pg_stat_activity who is connected and pg_stat_statements what was run.
func (j *Judge) askPostgres(ctx context.Context, l *look) error {
	var sees bool
	if err := j.deps.Ledger.QueryRow(ctx, "SELECT pg_has_role(current_user, 'pg_read_all_stats', 'USAGE')").Scan(&sees); err != nil {
		return pg.Fault(err)
	}
	if !sees {
		l.offend(migrations.ByConnection, "this service may not see all connections and statements: GRANT pg_read_all_stats to its role")
	}
	backends, err := j.backends(ctx, l.target.Database)
	if err != nil {
		return err
	}
	strangers := l.judgeBackends(backends, j.deps.Standbys)
	return j.askStatements(ctx, l, strangers)
}

// backends lists what is connected to a database and can read it. Parallel workers stand for their leaders, and autovacuum reads no column for anybody.
func (j *Judge) backends(ctx context.Context, database string) ([]backend, error) {
	rows, err := j.deps.Ledger.Query(ctx, `
SELECT
    pid,
    coalesce(application_name, ''),
    coalesce(usename, ''),
    coalesce(host(client_addr), ''),
    coalesce(backend_type, '`+clientBackend+`'),
    coalesce(backend_start, clock_timestamp()),
    datname IS NOT NULL
FROM pg_stat_activity
WHERE (datname = $1 OR (datname IS NULL AND backend_type = '`+walSender+`'))
  AND coalesce(backend_type, '') NOT IN ('parallel worker', 'autovacuum worker')
ORDER BY backend_start, pid`, database)
	if err != nil {
		return nil, pg.Fault(err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[backend])
	return list, pg.Fault(err)
}

// judgeBackends closes the gate for each connection that no lease that counts accounts for, and returns those of which nothing is known.
func (l *look) judgeBackends(backends []backend, standbys []string) (strangers []backend) {
	ended := map[string][]backend{}
	for _, b := range backends {
		switch {
		case b.Kind == walSender && !b.Here:
			if !slices.Contains(standbys, b.Application) {
				l.offend(migrations.ByConnection, "%s gets a copy of all data, whose readers are not seen here: name it in MIGRATIONS_STANDBYS when they all hold leases or there are none", b)
			}
		case b.Kind == clientBackend && own(b.Application):
		case b.Kind == clientBackend && l.holds(b.Application, migrations.Live):
		case b.Kind == clientBackend && (l.holds(b.Application, migrations.Lapsed) || l.holds(b.Application, migrations.Released)):
			ended[b.Application] = append(ended[b.Application], b)
		default:
			strangers = append(strangers, b)
		}
	}
	for _, one := range l.leases {
		if connections := ended[one.ApplicationName]; len(connections) > 0 {
			l.judgeEnded(one, connections)
		}
	}
	for _, b := range strangers[:min(few, len(strangers))] {
		l.offend(migrations.ByConnection, "%s belongs to no instance with a lease on %s, so that nobody knows what it reads", b, l.target.Name)
	}
	if more := len(strangers) - few; more > 0 {
		l.offend(migrations.ByConnection, "%d more connections belong to no instance with a lease on %s", more, l.target.Name)
	}
	return strangers
}

// judgeEnded closes the gate for an instance whose lease ended and whose connections did not: it may be cut off from us and alive.
func (l *look) judgeEnded(one migrations.Lease, connections []backend) {
	uses := l.uses(one)
	if uses == "" {
		return
	}
	kind, how := migrations.ByLostLease, "lost its lease at "+stamp(one.ExpiresAt)
	if one.State == migrations.Released {
		kind, how = migrations.ByConnection, "gave its lease back"
	}
	var list []string
	for _, b := range connections {
		list = append(list, b.String())
	}
	l.offend(kind, "%s %s and is still connected, so that it may be alive, and %s: %s", instance(one), how, uses, names(list))
	l.use(lease.Use{At: l.window.Now, By: instance(one) + " is still connected"})
}

// holds reports whether an instance with the application name has a lease in the state.
func (l *look) holds(application string, state migrations.LeaseState) bool {
	return slices.ContainsFunc(l.leases, func(one migrations.Lease) bool { return one.ApplicationName == application && one.State == state })
}

// own reports whether a connection or query is this service's.
func own(application string) bool {
	rest, ok := strings.CutPrefix(application, migrations.Application)
	return ok && (rest == "" || rest[0] == ' ' || rest[0] == '/')
}
