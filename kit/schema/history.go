package schema

// CreatePostgresHistory makes the history table of a Postgres database where there is none. The migrations service writes it; services read it.
const CreatePostgresHistory = `
CREATE TABLE IF NOT EXISTS ` + HistoryTable + ` (
    version bigint PRIMARY KEY,
    name text NOT NULL,
    checksum text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    duration_ms bigint NOT NULL,
    applied_by text NOT NULL,
    lock_wait_ms bigint NOT NULL DEFAULT 0,
    actor text NOT NULL DEFAULT '',
    overrides jsonb NOT NULL DEFAULT '[]',
    baseline boolean NOT NULL DEFAULT false
)`

// CompletePostgresHistory gives a history table of an earlier build the columns that it lacks: how long the file waited for locks, who asked for it,
// what it was allowed to pass, and whether it was recorded without being run.
const CompletePostgresHistory = `
ALTER TABLE ` + HistoryTable + `
    ADD COLUMN IF NOT EXISTS lock_wait_ms bigint NOT NULL DEFAULT 0,
    ADD COLUMN IF NOT EXISTS actor text NOT NULL DEFAULT '',
    ADD COLUMN IF NOT EXISTS overrides jsonb NOT NULL DEFAULT '[]',
    ADD COLUMN IF NOT EXISTS baseline boolean NOT NULL DEFAULT false`

// CreateClickHouseHistory makes the history of a ClickHouse database where there is none. It is only ever appended to:
// the newest row of a statement tells its state, and the row of statement 0 stands for the whole file.
// On a cluster each host has its own, with the rows of what it did itself. Statement 0 is done only when every host has done its part of the file,
// so a service may ask whichever host it is connected to. What was there before a statement is kept to see after a crash whether it had its effect.
// What the server has answered to is on its disk, as statements are: a loss of power must not leave what was done without its row.
const CreateClickHouseHistory = `
CREATE TABLE IF NOT EXISTS ` + HistoryTable + ` (
    version Int64,
    name String,
    statement UInt32,
    host String,
    checksum String,
    state Enum8('started' = 1, 'done' = 2, 'failed' = 3),
    at DateTime64(6, 'UTC') DEFAULT now64(6),
    duration_ms Int64,
    applied_by String,
    message String,
    actor String,
    before String,
    overrides String,
    baseline Bool
)
ENGINE = MergeTree
ORDER BY (version, statement, at)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1`

// UpgradeClickHouseHistory brings a history of an earlier build to the columns and settings of CreateClickHouseHistory.
const UpgradeClickHouseHistory = `
ALTER TABLE ` + HistoryTable + `
    ADD COLUMN IF NOT EXISTS host String AFTER statement,
    ADD COLUMN IF NOT EXISTS actor String,
    ADD COLUMN IF NOT EXISTS before String,
    ADD COLUMN IF NOT EXISTS overrides String,
    ADD COLUMN IF NOT EXISTS baseline Bool,
    MODIFY SETTING fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1`
