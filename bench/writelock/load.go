package main

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/jackc/pgx/v5"
)

// writerName is the application_name of the clients.
const writerName = "writer"

// write is one statement of a client.
type write struct {
	began time.Time
	took  time.Duration
}

// writer is a client that writes one row after the other, each in a transaction of its own.
type writer struct {
	conn *pgx.Conn
	rows int
	done []write
}

// run writes until ctx ends. A write that is cut off by that is not counted.
func (w *writer) run(ctx context.Context) error {
	for turn := 0; ; turn++ {
		id := rand.N(w.rows) + 1
		began := time.Now()
		var err error
		switch {
		case turn%10 == 9:
			_, err = w.conn.Exec(ctx, "UPDATE owners SET seen = seen + 1 WHERE id = $1", rand.N(w.rows/ownerShare)+1)
		case turn%2 == 0:
			_, err = w.conn.Exec(ctx, "UPDATE accounts SET balance = balance + 1 WHERE id = $1", id)
		default:
			_, err = w.conn.Exec(ctx, "INSERT INTO log (account_id, delta) VALUES ($1, 1)", id)
		}
		if err != nil {
			return unlessOver(ctx, err)
		}
		w.done = append(w.done, write{began, time.Since(began)})
	}
}

const (
	// held is how long the reader keeps its transaction, and pause how long it stays away then.
	held  = 3 * time.Second
	pause = 2 * time.Second
)

// read holds a snapshot and a lock on accounts as a report does, again and again until ctx ends. It says when it has just begun, to whom listens.
func read(ctx context.Context, conn *pgx.Conn, begun chan<- struct{}) error {
	for {
		err := pgx.BeginTxFunc(ctx, conn, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
			var richest int64
			if err := tx.QueryRow(ctx, "SELECT max(balance) FROM accounts").Scan(&richest); err != nil {
				return err
			}
			select {
			case begun <- struct{}{}:
			default:
			}
			rest(ctx, held)
			return nil
		})
		if err != nil || !rest(ctx, pause) {
			return unlessOver(ctx, err)
		}
	}
}

// unlessOver is the error of the work, or nil when ctx has ended, since that is how the load ends.
func unlessOver(ctx context.Context, err error) error {
	select {
	case <-ctx.Done():
		return nil
	default:
		return err
	}
}
