package postgres

import (
	"context"
	"strconv"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"devtrail.dev/kit/pg"
	"devtrail.dev/services/events"
	"devtrail.dev/services/events/internal/querytag"
)

// describe returns what the server says of the parameters and columns of a statement. It is remembered by the text without its tag, which is another each
// time; so a tag costs no round trip, as it would with the caches of the driver.
func (s *Store) describe(ctx context.Context, conn *pgx.Conn, text string) (*pgconn.StatementDescription, error) {
	if known, ok := s.described.Load(text); ok {
		return known.(*pgconn.StatementDescription), nil
	}
	description, err := conn.PgConn().Prepare(ctx, "", text, nil)
	if err != nil {
		return nil, err
	}
	if s.shapes.Add(1) > mostShapes {
		s.described.Clear()
		s.shapes.Store(1)
	}
	s.described.Store(text, description)
	return description, nil
}

// mostShapes is how many statements are remembered.
const mostShapes = 2000

// run asks a statement of a question under its tag and hands each row to scan.
func (s *session) run(ctx context.Context, kind, text string, args pgx.NamedArgs, scan func(pgx.Rows) error) error {
	conn := s.tx.Conn()
	text, values, err := args.RewriteQuery(ctx, conn, text, nil)
	if err != nil {
		return err
	}
	description, err := s.store.describe(ctx, conn, text)
	if err != nil {
		return err
	}
	var encoded pgx.ExtendedQueryBuilder
	if err := encoded.Build(conn.TypeMap(), description, values); err != nil {
		return err
	}
	q := events.Query{ID: uuid.NewString(), Tag: querytag.Of(ctx, s.organization, kind), StartedAt: s.store.now().UTC()}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	reader := conn.PgConn().ExecParams(ctx, querytag.Comment(q.ID, q.Tag)+text, encoded.ParamValues, description.ParamOIDs, encoded.ParamFormats, encoded.ResultFormats)
	rows := pgx.RowsFromResultReader(conn.TypeMap(), reader)
	defer rows.Close()
	for rows.Next() {
		if q.Usage.ResultRows++; q.Usage.ResultRows > s.rows {
			err = events.ErrQuestionTooLarge.With("the question's answer has more than %d rows: narrow its range or its filters", s.rows)
			break
		}
		if err = scan(rows); err != nil {
			break
		}
	}
	if err != nil {
		stop() // closing would read all rows that are left
	} else {
		rows.Close()
		err = s.ended(rows.Err(), s.store.now().Sub(q.StartedAt))
	}
	s.store.log.Add(q, err)
	return err
}

// ended tells who ended a statement that the server says was ended: the server itself does not before its time is over.
func (s *session) ended(err error, after time.Duration) error {
	if pg.Code(err) == queryCanceled && after < s.limit {
		return events.ErrQuestionCanceled.Wrap(err)
	}
	return err
}

// milliseconds writes a time as the server's settings want it.
func milliseconds(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }
