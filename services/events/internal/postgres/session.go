package postgres

import (
	"context"
	"errors"
	"math"
	"slices"
	"strconv"
	"strings"
	"text/template"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"devtrail.dev/kit/pg"
	"devtrail.dev/services/events"
	"devtrail.dev/services/events/catalog"
	"devtrail.dev/services/events/internal/overrides"
	"devtrail.dev/services/events/internal/querytag"
)

// questions are the statements of insights by file name. As with queries a template decides the shape of a statement and never a value.
// The names that they print are those of parameters, numbered by a query.
var questions = template.Must(template.ParseFS(queryFiles, "queries/insight/*.sql"))

// memory is what a sort or a hash of a question may use before it goes to disk. The planner hashes what it expects to fit.
const memory = "32MB"

// session is one question's look at the database: everything it reads is of one moment.
type session struct {
	store        *Store
	tx           *pgxpool.Conn // in a transaction
	limit        time.Duration // of each statement
	rows         int64         // that each may send
	organization uuid.UUID
	pending      []overrides.Override // of the organization
	many         bool                 // more than mostPending: then pending has none
	matched      map[string][]string
	gained       *gains // of the developers that were looked up last

	promoted []catalog.Promoted // once they are learned
	learned  bool
	keys     []string // of the events' properties that are looked at
}

// learnPromoted makes the session know what is promoted. Without it every property is taken from the JSON of its events.
func (s *session) learnPromoted(ctx context.Context) (err error) {
	if !s.learned {
		s.promoted, err = s.store.promotions.Of(ctx, s.organization, func(ctx context.Context) ([]catalog.Promoted, error) {
			var list []catalog.Item
			err := s.answer(ctx, "items", shape{}, promotionArgs(s.organization), itemsInto(&list))
			return catalog.ReadAllPromoted(list), err
		})
		s.learned = err == nil
	}
	return err
}

// looked notes that a property of events is looked at.
func (s *session) looked(key string) {
	if !slices.Contains(s.keys, key) {
		s.keys = append(s.keys, key)
	}
}

// ask lets a question look at the database. The server ends each statement before the caller's deadline.
func (s *Store) ask(ctx context.Context, organization uuid.UUID, question func(*session) error) error {
	return s.askFor(ctx, organization, timeout(ctx, s.limits.Time), question)
}

// endless is the longest time that the server can be told.
const endless = math.MaxInt32 * time.Millisecond

// askFor lets each statement take a time.
func (s *Store) askFor(ctx context.Context, organization uuid.UUID, limit time.Duration, question func(*session) error) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	conn, err := s.pool.Acquire(ctx)
	if err != nil {
		return translate(ctx, err)
	}
	defer end(ctx, conn)
	look := &session{store: s, tx: conn, limit: limit, rows: s.limits.ResultRows, organization: organization, matched: make(map[string][]string)}
	text, err := work("overrides", shape{})
	if err != nil {
		return err
	}
	begin := &pgx.Batch{} // one round trip
	begin.Queue(`BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY /*{"kind":"begin"}*/`)
	begin.Queue(`SELECT set_config('statement_timeout', $1, true), set_config('work_mem', $2, true), set_config('jit', 'off', true) /*{"kind":"session"}*/`,
		milliseconds(look.limit), memory)
	begin.Queue(text, pgx.NamedArgs{"organization": organization, "limit": mostPending + 1}).Query(look.readPending)
	err = conn.SendBatch(ctx, begin).Close()
	if err == nil {
		err = question(look)
	}
	return translateQuestion(ctx, err)
}

// endTimeout is how long the end of a look may take. A connection that is not ready again by then is closed, so that a server that fell silent holds none.
const endTimeout = 10 * time.Second

// end gives the connection of a look back. The answer does not wait for it: a look wrote nothing.
func end(ctx context.Context, conn *pgxpool.Conn) {
	go func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), endTimeout)
		defer cancel()
		defer conn.Release()
		_, _ = conn.Exec(ctx, "ROLLBACK")
	}()
}

// joinByHash has the statements that follow join by hashes or in order, and never look through one side again for each row of the other. That is for a join
// without an index: the engine takes the rows of events for few until it has counted them, which of events of the last minute it has not, and few rows times
// few rows look cheap.
func (s *session) joinByHash(ctx context.Context) error {
	_, err := s.tx.Exec(ctx, `SELECT set_config('enable_nestloop', 'off', true) /*{"kind":"join_by_hash"}*/`)
	return err
}

// groupInOrder has the statements that follow group rows that are sorted. That is for a union, of which the engine believes that few of its rows are distinct: it
// would put the distinct ones into a hash, and then sort all of them once more.
func (s *session) groupInOrder(ctx context.Context) error {
	_, err := s.tx.Exec(ctx, `SELECT set_config('enable_hashagg', 'off', true) /*{"kind":"group_in_order"}*/`)
	return err
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
	return q.session.run(querytag.WithProperties(ctx, q.keys), name, text.String(), q.args, scan)
}
