package postgres

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"text/template"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"devtrail.dev/kit/pg"
	"devtrail.dev/services/events"
)

// questions are the statements of insights by file name. As with queries a template decides the shape of a statement and never a value.
// The names that they print are those of parameters, numbered by a query.
var questions = template.Must(template.ParseFS(queryFiles, "queries/insight/*.sql"))

// longest is how long the statements of a question may take each, unless its caller has less time.
const longest = 15 * time.Second

// memory is what a sort or a hash of a question may use before it goes to disk. The planner hashes what it expects to fit.
const memory = "32MB"

// session is one question's look at the database: everything it reads is of one moment.
type session struct {
	tx           *pgxpool.Conn // in a transaction
	organization uuid.UUID
	overridden   bool // the organization has identities whose developer changed
	matched      map[string][]string
}

// ask lets a question look at the database. The server ends each statement before the caller's deadline.
func (s *Store) ask(ctx context.Context, organization uuid.UUID, question func(*session) error) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	conn, err := s.pool.Acquire(ctx)
	if err != nil {
		return translate(ctx, err)
	}
	defer conn.Release()
	look := &session{tx: conn, organization: organization, matched: make(map[string][]string)}
	defer func() { _, _ = conn.Exec(context.WithoutCancel(ctx), "ROLLBACK") }() // it wrote nothing
	begin := &pgx.Batch{}                                                       // one round trip
	begin.Queue("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
	begin.Queue(`
SELECT
    EXISTS (
        SELECT 1
        FROM identity_overrides
        WHERE organization_id = $1
            AND sequence > 0
    ),
    set_config('statement_timeout', $2, true) || set_config('work_mem', $3, true) || set_config('jit', 'off', true)`,
		organization, strconv.FormatInt(timeout(ctx, s.longest).Milliseconds(), 10), memory).QueryRow(func(row pgx.Row) error {
		return row.Scan(&look.overridden, nil)
	})
	err = conn.SendBatch(ctx, begin).Close()
	if err == nil {
		err = question(look)
	}
	return translateQuestion(ctx, err)
}

// timeout is how long a statement may take: a little less than the caller waits, so that the caller hears why.
func timeout(ctx context.Context, longest time.Duration) time.Duration {
	deadline, ok := ctx.Deadline()
	if !ok {
		return longest
	}
	left := time.Until(deadline)
	return max(time.Millisecond, min(longest, left-left/20))
}

// translateQuestion is translate where a timeout of the server is that of the question.
func translateQuestion(ctx context.Context, err error) error {
	err = translate(ctx, err)
	if errors.Is(err, pg.ErrSlow) {
		return events.ErrQuestionTooSlow.Wrap(err)
	}
	return err
}

// query is one statement in the making: it collects the values of the parameters.
type query struct {
	*session
	args pgx.NamedArgs
}

func (s *session) query() *query {
	return &query{session: s, args: pgx.NamedArgs{"organization": s.organization}}
}

// param adds a value and returns the name that stands for it in the statement.
func (q *query) param(value any) string {
	name := "p" + strconv.Itoa(len(q.args))
	q.args[name] = value
	return "@" + name
}

// run makes the statement and hands each row to scan.
func (q *query) run(ctx context.Context, name string, data any, scan func(pgx.Rows) error) error {
	var text strings.Builder
	if err := questions.ExecuteTemplate(&text, name+".sql", data); err != nil {
		return err
	}
	// Not kept prepared on the server: there are as many statements as there are shapes of questions.
	rows, err := q.tx.Query(ctx, text.String(), pgx.QueryExecModeCacheDescribe, q.args)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}
