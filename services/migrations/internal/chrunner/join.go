package chrunner

import (
	"context"
	"strings"

	"github.com/ClickHouse/clickhouse-go/v2"

	"devtrail.dev/kit/schema"
	"devtrail.dev/services/migrations"
)

// welcome brings a host that is new in the cluster to where the others are: it gets their definitions and their history, not their rows.
// Running all files again there would move rows and wait for mutations that concern nobody, and would fail on replicated tables, which have their newest columns at once.
func (e *Engine) welcome(ctx context.Context, hosts []*host) error {
	var fresh, old []*host
	for _, h := range hosts {
		applied, err := h.applied(ctx)
		if err != nil {
			return err
		}
		if len(applied) > 0 {
			old = append(old, h)
			continue
		}
		begun, err := h.begun(ctx)
		if err != nil {
			return err
		}
		if !begun {
			fresh = append(fresh, h)
		}
	}
	if len(old) == 0 {
		return nil
	}
	for _, h := range fresh {
		from := old[0]
		for _, other := range old {
			if other.shard == h.shard {
				from = other
				break
			}
		}
		if err := h.copyFrom(ctx, from, e.cfg.Build); err != nil {
			return err
		}
	}
	return nil
}

// begun reports whether the host has any row of history.
func (h *host) begun(ctx context.Context) (bool, error) {
	n, err := scalar[uint64](ctx, h.conn, "SELECT count() FROM "+schema.HistoryTable)
	if missing(err) {
		return false, nil
	}
	return n > 0, h.away(err)
}

// copyFrom makes what another host has. It is repeatable: the history comes last, and what is there already is passed over, since the hosts are compared later.
func (h *host) copyFrom(ctx context.Context, from *host, build string) error {
	var left []string
	err := each(ctx, from.server, `
SELECT create_table_query
FROM system.tables
WHERE database = {database:String}
  AND NOT startsWith(name, '.inner')
  AND name != {history:String}
ORDER BY name`, func(scan func(...any) error) error {
		var create string
		if err := scan(&create); err != nil {
			return err
		}
		left = append(left, create)
		return nil
	}, clickhouse.Named("database", from.database), clickhouse.Named("history", schema.HistoryTable))
	if err != nil {
		return from.away(err)
	}
	// An object may need another: what fails is tried again behind the others, as long as any succeeds.
	for len(left) > 0 {
		var again []string
		for _, create := range left {
			s := read(create)
			live, err := h.definition(ctx, s.object())
			if err != nil {
				return err
			}
			if live.text != "" {
				continue
			}
			err = h.conn.Exec(ctx, create)
			if err != nil && exception(err) == nil {
				return h.away(err)
			}
			if err != nil {
				again = append(again, create)
			}
		}
		if len(again) == len(left) {
			name := read(again[0]).object().String()
			err := h.conn.Exec(ctx, again[0])
			return migrations.ErrRefused.With("%sit is new in the cluster, and %s of host %s cannot be made there: %v", h.prefix(), strings.TrimPrefix(name, h.database+"."), from.name, err)
		}
		left = again
	}
	if err := h.createJournal(ctx); err != nil {
		return err
	}
	return h.copyJournal(ctx, from, build)
}

// copyJournal writes what is done on another host as done here: the statements first, and then the files.
func (h *host) copyJournal(ctx context.Context, from *host, build string) error {
	var rows []entry
	err := each(ctx, from.conn, `
SELECT
    version,
    statement,
    argMax(name, (at, state)),
    argMax(checksum, (at, state))
FROM `+schema.HistoryTable+`
GROUP BY
    version,
    statement
HAVING argMax(state, (at, state)) = 'done'
ORDER BY
    version,
    statement = 0,
    statement`, func(scan func(...any) error) error {
		row := entry{state: done, message: "copied from host " + from.name, baseline: true}
		if err := scan(&row.version, &row.statement, &row.name, &row.checksum); err != nil {
			return err
		}
		rows = append(rows, row)
		return nil
	})
	if err != nil {
		return from.away(err)
	}
	for _, row := range rows {
		if err := h.write(ctx, build, row); err != nil {
			return err
		}
	}
	return nil
}

// Occupant names a table that is not the runner's in a database that has no history on any host; empty when there is none.
// A database that has a history on some hosts is not occupied: the others are new, and Create brings them up.
func (e *Engine) Occupant(ctx context.Context) (string, error) {
	hosts, err := e.hosts(ctx)
	if err != nil {
		return "", err
	}
	found := ""
	for _, h := range hosts {
		applied, err := h.applied(ctx)
		if err != nil || len(applied) > 0 {
			return "", err
		}
		name, err := scalar[string](ctx, h.server, `
SELECT min(name)
FROM system.tables
WHERE database = {database:String}
  AND NOT startsWith(name, 'devtrail_')`, clickhouse.Named("database", h.database))
		if err != nil {
			return "", h.away(err)
		}
		if found == "" {
			found = name
		}
	}
	return found, nil
}
