package main

import (
	"context"
	"fmt"
	"net/url"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"
)

const (
	// ownerShare is how many accounts have one owner.
	ownerShare = 10
	// warmUp is how long the clients write before it counts: each prepares its statements then, all at once.
	warmUp = time.Second
	// slow is from when on a write counts as one that waited.
	slow = 100 * time.Millisecond
)

// summary is what the writes of one stretch of time took.
type summary struct {
	writes, slow int
	longest      time.Duration
}

func (s *summary) add(took time.Duration) {
	s.writes++
	if took > slow {
		s.slow++
	}
	s.longest = max(s.longest, took)
}

// result is one change under load.
type result struct {
	before, during summary       // a write that overlaps the change counts as during
	took           time.Duration // by the change
	blocked        time.Duration // longest time that a client was seen to wait for a lock behind the change
	gap            time.Duration // longest time between two looks during the change
}

// measure makes a database of its own, lets the clients write, and makes the change while they do.
func measure(ctx context.Context, serverURL, database string, o options, by change) (result, error) {
	if err := create(ctx, serverURL, database, o.lockTimeout); err != nil {
		return result{}, err
	}
	if err := fill(ctx, serverURL, database, o.rows); err != nil {
		return result{}, err
	}
	loaded, stop := context.WithCancel(ctx)
	defer stop()
	load, clients := errgroup.WithContext(loaded)
	writers := make([]*writer, o.clients)
	for i := range writers {
		conn, err := connect(ctx, serverURL, database, writerName)
		if err != nil {
			return result{}, err
		}
		defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
		writers[i] = &writer{conn: conn, rows: o.rows}
	}
	reader, err := connect(ctx, serverURL, database, "reader")
	if err != nil {
		return result{}, err
	}
	defer func() { _ = reader.Close(context.WithoutCancel(ctx)) }()
	eye, err := connect(ctx, serverURL, database, "watcher")
	if err != nil {
		return result{}, err
	}
	defer func() { _ = eye.Close(context.WithoutCancel(ctx)) }()

	counted := time.Now().Add(warmUp)
	for _, w := range writers {
		load.Go(func() error { return w.run(clients) })
	}
	begun := make(chan struct{})
	load.Go(func() error { return read(clients, reader, begun) })
	watched := watcher{conn: eye}
	load.Go(func() error { return watched.run(clients) })

	began, ended, err := during(clients, o.quiet, begun, func(ctx context.Context) error {
		return by(ctx, serverURL, database, o.lockTimeout)
	})
	stop()
	// When a client has failed, the change was cut off by that.
	if loadErr := load.Wait(); loadErr != nil {
		return result{}, loadErr
	}
	if err != nil {
		return result{}, err
	}
	r := result{took: ended.Sub(began)}
	r.blocked, r.gap = watched.longest(began, ended)
	for _, w := range writers {
		for _, one := range w.done {
			switch {
			case one.began.Before(counted):
			case one.began.Add(one.took).Before(began):
				r.before.add(one.took)
			case one.began.Before(ended):
				r.during.add(one.took)
			}
		}
	}
	return r, nil
}

// during waits for the quiet time and for the reader, so that the change always comes into its way, makes the change,
// and gives those who waited for it a moment to end.
func during(ctx context.Context, quiet time.Duration, reader <-chan struct{}, work func(context.Context) error) (began, ended time.Time, err error) {
	if !rest(ctx, quiet) {
		return began, ended, ctx.Err()
	}
	select {
	case <-ctx.Done():
		return began, ended, ctx.Err()
	case <-reader:
	}
	began = time.Now()
	err = work(ctx)
	ended = time.Now()
	rest(ctx, time.Second)
	return began, ended, err
}

// rest waits for d; false means that ctx has ended before.
func rest(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

func fill(ctx context.Context, serverURL, database string, rows int) error {
	conn, err := connect(ctx, serverURL, database, "fill")
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	owners := rows / ownerShare
	if _, err := conn.Exec(ctx, "INSERT INTO owners (id) SELECT generate_series(1, $1::bigint)", owners); err != nil {
		return err
	}
	if _, err := conn.Exec(ctx, `
INSERT INTO accounts (id, owner_id)
SELECT id, 1 + id % $2::bigint
FROM generate_series(1, $1::bigint) AS id`, rows, owners); err != nil {
		return err
	}
	_, err = conn.Exec(ctx, "VACUUM (ANALYZE)")
	return err
}

func connect(ctx context.Context, serverURL, database, application string) (*pgx.Conn, error) {
	address, err := url.Parse(serverURL)
	if err != nil {
		return nil, fmt.Errorf("address of the server: %w", err)
	}
	address.Path = "/" + database
	cfg, err := pgx.ParseConfig(address.String())
	if err != nil {
		return nil, err
	}
	cfg.RuntimeParams["application_name"] = application
	return pgx.ConnectConfig(ctx, cfg)
}
