// Package clickhouse keeps events in ClickHouse, in blocks of columns, exactly once. It stands below the service root, beside memory and postgres.
//
// One events instance owns ingest: ids are looked up before an insert, and claimed inside the process until it is done.
package clickhouse

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ClickHouse/ch-go"
	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/google/uuid"

	"devtrail.dev/kit/schema"
	"devtrail.dev/services/events"
	"devtrail.dev/services/events/catalog"
	"devtrail.dev/services/events/insight"
	"devtrail.dev/services/events/internal/clickhouse/columns"
	"devtrail.dev/services/events/internal/querytag"
	"devtrail.dev/services/events/internal/recall"
	eventsmigrations "devtrail.dev/services/events/migrations"
)

var (
	_ events.Store  = (*Store)(nil)
	_ insight.Store = (*Store)(nil)
)

// Store is an events.Store on a ClickHouse database.
type Store struct {
	conn    driver.Conn
	options *clickhouse.Options
	found   atomic.Bool // the database exists
	now     func() time.Time
	prefix  string // of the query ids of our inserts into this database
	closed  atomic.Bool
	limits  events.QueryLimits

	claims claims
	// inserting is joined while a block is inserted, and held alone while blocks are settled.
	inserting gate
	// unsettled is set when a block may be there by half: at the start, after an insert that failed, and when another process wrote until now.
	unsettled atomic.Bool
	doubts    atomic.Uint64 // counts calls of Doubt
	settling  settling
	lives     sync.Mutex
	inserters chan *inserter // those that are free
	// folding is held for reading while identities are reassigned and for writing while a fold takes reassignments out of the questions.
	folding    sync.RWMutex
	promotions *recall.Recall[[]catalog.Promoted]
	overrides  *recall.Recall[*lookup] // how pending ones are found

	application string
	compression ch.Compression // of blocks on their way to the server

	trusting bool // see TrustTokens
	// between is called between the two inserts of a block; tests make it fail.
	between func() error
}

// connectionsEach is how many connections a question holds at most: while it is asked, pending overrides and promotions may be read anew, see recall.Answer.
const connectionsEach = 3

// Open returns a store on the database of a clickhouse:// URL, which names itself to the server by the application name and has connections for so many questions
// at once. It does not connect: a server that is away shows in Ready and in each call.
func Open(url, application string, questions int, now func() time.Time) (*Store, error) {
	options, err := clickhouse.ParseDSN(url)
	if err != nil {
		return nil, fmt.Errorf("read the ClickHouse URL: %w", err)
	}
	options.ClientInfo.Products = append(options.ClientInfo.Products, struct{ Name, Version string }{Name: application})
	options.MaxOpenConns = questions*connectionsEach + events.SpareConnections
	options.MaxIdleConns = 8
	options.DialTimeout = 5 * time.Second
	// On one machine or a fast network compression costs more than it saves. A URL with compress=lz4 asks for it on the way of blocks to a server far away.
	compression := ch.CompressionDisabled
	if options.Compression != nil && options.Compression.Method != clickhouse.CompressionNone {
		compression = ch.CompressionLZ4
	}
	options.Compression = nil
	conn, err := clickhouse.Open(options)
	if err != nil {
		return nil, fmt.Errorf("open ClickHouse: %w", err)
	}
	s := &Store{
		conn: conn, options: options, now: now, prefix: "devtrail-events/" + options.Auth.Database + "/", limits: events.DefaultQueryLimits(), between: func() error { return nil },
		promotions: recall.New[[]catalog.Promoted](now, catalog.PromotionsBelieved), overrides: recall.New[*lookup](now, overridesBelieved), application: application, compression: compression, inserting: newGate(), inserters: make(chan *inserter, inserters),
	}
	for range inserters {
		s.inserters <- &inserter{rows: columns.New()}
	}
	s.unsettled.Store(true)
	return s, nil
}

// Limit sets what a question may take. It is called before the first one.
func (s *Store) Limit(limits events.QueryLimits) { s.limits = limits }

// enter begins a call: the context is alive, the store is open and every block is whole.
func (s *Store) enter(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if s.closed.Load() {
		return events.ErrStoreClosed
	}
	if err := s.find(ctx); err != nil {
		return err
	}
	return s.settle(ctx)
}

// Ready compares the schema with the files of this build and has settled what an earlier life left, which may take longer than it waits.
func (s *Store) Ready(ctx context.Context) error {
	err := s.ready(ctx)
	if err != nil && errors.Is(ctx.Err(), context.DeadlineExceeded) {
		if s.unsettled.Load() {
			return events.ErrStoreUnavailable.With("an insert into ClickHouse failed, and what it left is not settled yet").Wrap(err)
		}
		return events.ErrStoreUnavailable.With("ClickHouse does not answer in time").Wrap(err)
	}
	return err
}

func (s *Store) ready(ctx context.Context) error {
	if s.closed.Load() {
		return events.ErrStoreClosed
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := s.find(ctx); err != nil {
		return err
	}
	files, err := schema.Files(eventsmigrations.ClickHouse())
	if err != nil {
		return err
	}
	applied, err := s.applied(ctx)
	if err != nil {
		return err
	}
	if err := schema.Judge(applied, files).Err(); err != nil {
		return err
	}
	return s.settleBeside(ctx)
}

// applied returns the versions that the history table has, none while it is missing.
func (s *Store) applied(ctx context.Context) (map[int64]string, error) {
	rows, err := s.conn.Query(noted(ctx, "applied"), schema.ClickHouseApplied)
	if code(err) == codeUnknownTable {
		return nil, nil
	}
	if err != nil {
		return nil, translate(ctx, err)
	}
	defer rows.Close()
	applied := make(map[int64]string)
	for rows.Next() {
		var version int64
		var checksum string
		if err := rows.Scan(&version, &checksum); err != nil {
			return nil, translate(ctx, err)
		}
		applied[version] = checksum
	}
	return applied, translate(ctx, rows.Err())
}

// Close ends all connections after the inserts in flight.
func (s *Store) Close() error {
	if s.closed.Swap(true) {
		return nil
	}
	s.settling.wait()
	_ = s.inserting.alone(context.Background()) // which never ends
	defer s.inserting.open()
	for range inserters { // all are free: who has one holds the lock
		(<-s.inserters).close()
	}
	return s.conn.Close()
}

// isolated makes a context for an insert, which runs to its end although the caller may leave: an insert that is cut off is one whose end nobody knows.
// A query id is for rows of blocks, which settle compares: any instance that settles ends them, and a block is sent again. Nobody would send another row again.
func (s *Store) isolated(ctx context.Context, queryID, token string) context.Context {
	settings := clickhouse.Settings{
		"async_insert":                    0,
		"log_comment":                     querytag.JSON("", querytag.Of(ctx, uuid.Nil, "insert")),
		"max_partitions_per_insert_block": 0, // a Git history may touch every year there is
	}
	if token != "" {
		settings["insert_deduplication_token"] = token
	}
	options := []clickhouse.QueryOption{}
	if queryID != "" {
		options = append(options, clickhouse.WithQueryID(s.prefix+strings.ReplaceAll(queryID, " ", "")))
	}
	ctx = dated{Context: context.WithoutCancel(ctx), deadline: s.now().Add(insertTimeout)}
	return clickhouse.Context(ctx, append(options, clickhouse.WithSettings(settings))...)
}

// dated has a deadline, which the driver keeps on the connection, and never ends: the driver watches a context that may end from a goroutine of its own,
// and one that ends right after an insert can find that goroutine late, which then closes a connection that is somebody else's already.
type dated struct {
	context.Context
	deadline time.Time
}

func (d dated) Deadline() (deadline time.Time, ok bool) { return d.deadline, true }

// insertTimeout bounds an insert; what takes longer is settled by reading back.
const insertTimeout = 60 * time.Second
