package schema

// CreatePostgresHistory makes the history table of a Postgres database where there is none. The migrations service writes it; services read it.
const CreatePostgresHistory = `
CREATE TABLE IF NOT EXISTS ` + HistoryTable + ` (
    version bigint PRIMARY KEY,
    name text NOT NULL,
    checksum text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    duration_ms bigint NOT NULL,
    applied_by text NOT NULL
)`

// CreateClickHouseHistory makes the history of a ClickHouse database where there is none. It is only ever appended to:
// the newest row of a statement tells its state, and the row of statement 0 stands for the whole file.
const CreateClickHouseHistory = `
CREATE TABLE IF NOT EXISTS ` + HistoryTable + ` (
    version Int64,
    name String,
    statement UInt32,
    checksum String,
    state Enum8('started' = 1, 'done' = 2, 'failed' = 3),
    at DateTime64(6, 'UTC') DEFAULT now64(6),
    duration_ms Int64,
    applied_by String,
    message String
)
ENGINE = MergeTree
ORDER BY (version, statement, at)`
