// Package scratch makes databases of its own beside those of the suite, on the same server, in which files can be run to see what they do.
// The planner measures statements there, and drift learns there what the applied files make. No request waits for it but those of an operator.
package scratch

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"devtrail.dev/kit/pg"
	"devtrail.dev/kit/schema"
	"devtrail.dev/services/migrations"
	"devtrail.dev/services/migrations/internal/sqlsplit"
)

const (
	applicationName = migrations.Application + " scratch"
	namePrefix      = "devtrail_scratch_"
	// leftAfter is how old a database that nobody is connected to must be to count as left behind by a process that was killed.
	leftAfter = time.Minute
	// closeTimeout bounds the removal, which happens also when the caller's context has ended.
	closeTimeout = 10 * time.Second
)

// SQLSTATEs on which replay acts.
const (
	codeInTransaction = "25001"
	codeObjectInUse   = "55006"
)

// Postgres is a scratch database with one connection to it.
type Postgres struct {
	conn      *pgx.Conn
	name      string
	serverURL string
}

// OpenPostgres makes an empty database on the server, whose user must be allowed to, and connects to it.
// Databases that killed processes have left behind are dropped. The caller calls Close.
func OpenPostgres(ctx context.Context, serverURL string) (*Postgres, error) {
	server, err := connect(ctx, serverURL, "")
	if err != nil {
		return nil, err
	}
	defer closeConn(ctx, server)
	now, err := dropLeftovers(ctx, server)
	if err != nil {
		return nil, err
	}
	s := &Postgres{name: newName(now), serverURL: serverURL}
	if _, err := server.Exec(ctx, "CREATE DATABASE "+pgx.Identifier{s.name}.Sanitize()+" TEMPLATE template0 ENCODING 'UTF8'"); err != nil {
		return nil, fmt.Errorf("create a scratch database: %w", err)
	}
	if s.conn, err = connect(ctx, serverURL, s.name); err != nil {
		return nil, errors.Join(err, s.Close(ctx))
	}
	return s, nil
}

// newName has the time of its making, by the server's clock, so that leftovers can be told.
func newName(now time.Time) string {
	return namePrefix + strconv.FormatInt(now.Unix(), 10) + "_" + strings.ReplaceAll(uuid.NewString(), "-", "")[:12]
}

// madeBefore reports whether the name is that of a scratch database made before the time.
func madeBefore(name string, t time.Time) bool {
	text, ok := strings.CutPrefix(name, namePrefix)
	seconds, _, cut := strings.Cut(text, "_")
	at, err := strconv.ParseInt(seconds, 10, 64)
	return ok && cut && err == nil && time.Unix(at, 0).Before(t)
}

// dropLeftovers returns the server's time.
func dropLeftovers(ctx context.Context, server *pgx.Conn) (time.Time, error) {
	var now time.Time
	if err := server.QueryRow(ctx, "SELECT clock_timestamp()").Scan(&now); err != nil {
		return now, err
	}
	rows, err := server.Query(ctx, `
SELECT datname
FROM pg_database AS d
WHERE datname LIKE $1
  AND NOT EXISTS (
    SELECT
    FROM pg_stat_activity AS a
    WHERE a.datid = d.oid
  )`, namePrefix+"%")
	if err != nil {
		return now, err
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return now, err
	}
	for _, name := range names {
		if !madeBefore(name, now.Add(-leftAfter)) {
			continue
		}
		// Without FORCE: whoever has connected since then keeps it.
		_, err := server.Exec(ctx, "DROP DATABASE IF EXISTS "+pgx.Identifier{name}.Sanitize())
		if err != nil && pg.Code(err) != codeObjectInUse {
			return now, fmt.Errorf("drop the leftover %s: %w", name, err)
		}
	}
	return now, nil
}

// Conn is the connection to the database; it is for one goroutine.
func (s *Postgres) Conn() *pgx.Conn { return s.conn }

// Name is the name of the database on the server.
func (s *Postgres) Name() string { return s.name }

// Connect opens one more connection, which the caller closes.
func (s *Postgres) Connect(ctx context.Context) (*pgx.Conn, error) {
	return connect(ctx, s.serverURL, s.name)
}

// Replay runs the files in order, each in one transaction where Postgres allows it. The error names the file. What acts on the whole server is left out:
// where the files were applied, the server has it already, and it must not happen once more.
func (s *Postgres) Replay(ctx context.Context, files []schema.File) error {
	for _, f := range files {
		if err := s.replay(ctx, f); err != nil {
			return fmt.Errorf("replay %s: %w", f.Name, err)
		}
	}
	return nil
}

func (s *Postgres) replay(ctx context.Context, f schema.File) error {
	statements, err := sqlsplit.Split(f.SQL, sqlsplit.Postgres)
	if err != nil {
		return err
	}
	text := f.SQL
	if slices.ContainsFunc(statements, Global) {
		statements = slices.DeleteFunc(statements, Global)
		var left []string
		for _, statement := range statements {
			left = append(left, statement.Text)
		}
		text = strings.Join(left, ";\n")
	}
	run := func(sql string) error {
		_, err := s.conn.PgConn().Exec(ctx, sql).ReadAll()
		return err
	}
	if !f.NoTransaction {
		// Statements that are sent together share a transaction.
		err = run(text)
	}
	if f.NoTransaction || pg.Code(err) == codeInTransaction {
		err = nil
		for _, statement := range statements {
			if err = run(statement.Text); err != nil {
				err = fmt.Errorf("line %d: %w", statement.Line, err)
				break
			}
		}
	}
	if err != nil {
		return err
	}
	return run("RESET ALL")
}

// Close drops the database. It does so also when ctx has ended.
func (s *Postgres) Close(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTimeout)
	defer cancel()
	if s.conn != nil {
		_ = s.conn.Close(ctx)
	}
	server, err := connect(ctx, s.serverURL, "")
	if err != nil {
		return err
	}
	defer closeConn(ctx, server)
	if _, err := server.Exec(ctx, "DROP DATABASE IF EXISTS "+pgx.Identifier{s.name}.Sanitize()+" WITH (FORCE)"); err != nil {
		return fmt.Errorf("drop the scratch database %s: %w", s.name, err)
	}
	return nil
}

func closeConn(ctx context.Context, conn *pgx.Conn) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTimeout)
	defer cancel()
	_ = conn.Close(ctx)
}

// connect opens a connection to a database of the server, or to that of the URL when none is named.
func connect(ctx context.Context, serverURL, database string) (*pgx.Conn, error) {
	if _, err := url.Parse(serverURL); err != nil {
		return nil, errors.New("the Postgres URL is not a URL")
	}
	cfg, err := pgx.ParseConfig(serverURL)
	if err != nil {
		return nil, fmt.Errorf("parse the Postgres URL: %w", err)
	}
	if database != "" {
		cfg.Database = database
	}
	cfg.RuntimeParams["application_name"] = applicationName
	cfg.RuntimeParams["timezone"] = "UTC"
	return pgx.ConnectConfig(ctx, cfg)
}
