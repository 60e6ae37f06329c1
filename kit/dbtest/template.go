package dbtest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"devtrail.dev/kit/schema"
)

// templates remembers which templates this process knows to be complete.
var templates templateTable

type templateTable struct {
	mu   sync.Mutex
	done map[string]bool
}

// ensure returns the name of the template with the files applied, making it
// when no process has. A template is complete when the server's catalog marks
// it as one, which is the last step of its making.
func (t *templateTable) ensure(ctx context.Context, server string, files []schema.File) (string, error) {
	name := templateName(files)
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.done[server+name] {
		return name, nil
	}
	conn, err := pgx.Connect(ctx, server)
	if err != nil {
		return "", err
	}
	defer conn.Close(context.WithoutCancel(ctx)) // releases the advisory lock too
	if err := lockTemplate(ctx, conn, name); err != nil {
		return "", err
	}
	var complete bool
	err = conn.QueryRow(ctx, "SELECT EXISTS (SELECT 1 FROM pg_database WHERE datname = $1 AND datistemplate)", name).Scan(&complete)
	if err != nil {
		return "", err
	}
	if !complete {
		if err := makeTemplate(ctx, conn, name, files); err != nil {
			return "", err
		}
	}
	if t.done == nil {
		t.done = map[string]bool{}
	}
	t.done[server+name] = true
	return name, nil
}

// lockTemplate polls for the lock instead of waiting in the server, where a
// waiter's snapshot would hold up CREATE INDEX CONCURRENTLY in other tests.
func lockTemplate(ctx context.Context, conn *pgx.Conn, name string) error {
	for {
		var held bool
		if err := conn.QueryRow(ctx, "SELECT pg_try_advisory_lock(hashtextextended($1, 0))", name).Scan(&held); err != nil {
			return err
		}
		if held {
			return nil
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

func makeTemplate(ctx context.Context, conn *pgx.Conn, name string, files []schema.File) error {
	for _, sql := range []string{
		"DROP DATABASE IF EXISTS " + name + " WITH (FORCE)", // left by a killed test
		"CREATE DATABASE " + name + " TEMPLATE template0 STRATEGY FILE_COPY",
	} {
		if _, err := conn.Exec(ctx, sql); err != nil {
			return err
		}
	}
	config := conn.Config().Copy()
	config.Database = name
	inside, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return err
	}
	err = applyPostgres(ctx, inside, files)
	if closeErr := inside.Close(context.WithoutCancel(ctx)); err == nil {
		err = closeErr
	}
	if err != nil {
		return err
	}
	// Nobody may connect to a template: a session in it would make clones fail.
	_, err = conn.Exec(ctx, "ALTER DATABASE "+name+" WITH ALLOW_CONNECTIONS false IS_TEMPLATE true")
	return err
}

// templateName depends on everything that the template's content does.
func templateName(files []schema.File) string {
	sum := sha256.New()
	for _, f := range files {
		fmt.Fprintf(sum, "%d %q %q\n", f.Version, f.Name, f.SQL)
	}
	return "tmpl_" + hex.EncodeToString(sum.Sum(nil))[:24]
}
