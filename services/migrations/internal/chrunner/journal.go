package chrunner

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"

	"devtrail.dev/kit/schema"
	"devtrail.dev/services/migrations"
)

// The states of a statement, and of a file, which is statement 0.
const (
	started = "started"
	done    = "done"
	failed  = "failed"
)

// entry is a row of the journal. A host keeps its own rows, so that they are there exactly when it is; the time is its clock's.
type entry struct {
	version   int64
	name      string
	statement uint32
	host      string
	checksum  string
	state     string
	took      time.Duration
	message   string
	actor     string
	before    before
	overrides []migrations.Override
	baseline  bool
}

// before is what was there when a statement was started, so that the next run can see whether it had its effect.
type before struct {
	// Mutation is the highest number among the table's mutations.
	Mutation int64 `json:"mutation,omitempty"`
	// Query is the id under which the statement was sent.
	Query string `json:"query,omitempty"`
	// UUIDs has the UUIDs of the tables of a RENAME or EXCHANGE by their names; an empty one of a table that was not there.
	UUIDs map[string]string `json:"uuids,omitempty"`
}

func (h *host) createJournal(ctx context.Context) error {
	for _, sql := range []string{schema.CreateClickHouseHistory, schema.UpgradeClickHouseHistory} {
		if err := h.conn.Exec(ctx, sql); err != nil {
			return h.away(fmt.Errorf("create the history: %w", err))
		}
	}
	return nil
}

func (h *host) write(ctx context.Context, build string, row entry) error {
	was, err := json.Marshal(row.before)
	if err != nil {
		return err
	}
	overrides := []byte("[]")
	if len(row.overrides) > 0 {
		if overrides, err = json.Marshal(row.overrides); err != nil {
			return err
		}
	}
	return roomy(h.away(h.conn.Exec(ctx, `
INSERT INTO `+schema.HistoryTable+` (version, name, statement, host, checksum, state, duration_ms, applied_by, message, actor, before, overrides, baseline)
SELECT
    {version:Int64},
    {name:String},
    {statement:UInt32},
    {host:String},
    {checksum:String},
    {state:String},
    {duration_ms:Int64},
    {applied_by:String},
    {message:String},
    {actor:String},
    {before:String},
    {overrides:String},
    {baseline:Bool}`,
		clickhouse.Named("version", row.version),
		clickhouse.Named("name", row.name),
		clickhouse.Named("statement", row.statement),
		clickhouse.Named("host", h.name),
		clickhouse.Named("checksum", row.checksum),
		clickhouse.Named("state", row.state),
		clickhouse.Named("duration_ms", row.took.Milliseconds()),
		clickhouse.Named("applied_by", build),
		clickhouse.Named("message", row.message),
		clickhouse.Named("actor", row.actor),
		clickhouse.Named("before", string(was)),
		clickhouse.Named("overrides", string(overrides)),
		clickhouse.Named("baseline", row.baseline),
	)))
}

// entries returns the newest row of each statement of a file that the host has, by number; 0 stands for the file.
func (h *host) entries(ctx context.Context, version int64) (map[int]entry, error) {
	found := map[int]entry{}
	err := each(ctx, h.conn, `
SELECT
    statement,
    argMax(checksum, (at, state)),
    toString(argMax(state, (at, state))),
    argMax(before, (at, state))
FROM `+schema.HistoryTable+`
WHERE version = {version:Int64}
GROUP BY statement`, func(scan func(...any) error) error {
		row := entry{version: version, host: h.name}
		var was string
		if err := scan(&row.statement, &row.checksum, &row.state, &was); err != nil {
			return err
		}
		if was != "" {
			if err := json.Unmarshal([]byte(was), &row.before); err != nil {
				return fmt.Errorf("read the history: %w", err)
			}
		}
		found[int(row.statement)] = row
		return nil
	}, clickhouse.Named("version", version))
	return found, h.away(err)
}

// History returns at most limit files below the version, newest first, as the first host that answers has them.
func (e *Engine) History(ctx context.Context, below int64, limit int) ([]migrations.Entry, error) {
	hosts, err := e.hosts(ctx)
	if err != nil {
		return nil, err
	}
	var entries []migrations.Entry
	for _, h := range hosts {
		if entries, err = h.history(ctx, below, limit); err == nil {
			break
		}
	}
	return entries, err
}

func (h *host) history(ctx context.Context, below int64, limit int) ([]migrations.Entry, error) {
	if ok, err := h.exists(ctx); !ok || err != nil {
		return nil, err
	}
	columns, err := column[string](ctx, h.conn, "SELECT name FROM system.columns WHERE database = currentDatabase() AND table = {table:String}",
		clickhouse.Named("table", schema.HistoryTable))
	if err != nil || len(columns) == 0 {
		return nil, h.away(err)
	}
	newest := "argMax(actor, (at, state)),\n    argMax(overrides, (at, state)),\n    argMax(baseline, (at, state))"
	if !slices.Contains(columns, "baseline") {
		newest = "'',\n    '',\n    false" // a history of an earlier build, which the next run brings up
	}
	var entries []migrations.Entry
	err = each(ctx, h.conn, `
SELECT
    version,
    argMax(name, (at, state)),
    argMax(checksum, (at, state)),
    max(at),
    argMax(duration_ms, (at, state)),
    argMax(applied_by, (at, state)),
    `+newest+`
FROM `+schema.HistoryTable+`
WHERE version < {below:Int64}
  AND statement = 0
GROUP BY version
HAVING argMax(state, (at, state)) = 'done'
ORDER BY version DESC
LIMIT {limit:UInt32}`, func(scan func(...any) error) error {
		var one migrations.Entry
		var ms int64
		var overrides string
		if err := scan(&one.Version, &one.Name, &one.Checksum, &one.AppliedAt, &ms, &one.AppliedBy, &one.Actor, &overrides, &one.Baseline); err != nil {
			return err
		}
		one.Duration = time.Duration(ms) * time.Millisecond
		if overrides != "" {
			if err := json.Unmarshal([]byte(overrides), &one.Overrides); err != nil {
				return fmt.Errorf("read the overrides: %w", err)
			}
		}
		entries = append(entries, one)
		return nil
	}, clickhouse.Named("below", below), clickhouse.Named("limit", uint32(limit)))
	return entries, h.away(err)
}
