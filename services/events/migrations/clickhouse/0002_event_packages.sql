-- One row per package version of an event, written by the service right after the event's own row and derived from it alone.
-- Projections cannot unnest arrays and a materialized view drifts when the server is killed, so this is a table with blocks of its own.
-- leading_row is set on the first of an event's rows of one package: counting those counts events when no version is asked for.
CREATE TABLE IF NOT EXISTS event_packages (
    organization_id UUID,
    package String COMMENT 'purl without version, qualifiers and subpath' CODEC(ZSTD(1)),
    version String COMMENT 'empty when the event names none' CODEC(ZSTD(1)),
    leading_row Bool,
    event_id UUID,
    developer_id UUID COMMENT 'as known at ingest',
    actor_kind UInt8,
    actor_value String CODEC(ZSTD(1)),
    occurred_at DateTime64(6, 'UTC') CODEC(Delta(8), ZSTD(1)),
    source_kind UInt8,
    tool LowCardinality(String),
    machine String CODEC(ZSTD(1)),
    project LowCardinality(String),
    block_id UInt64 COMMENT 'the block of the event' CODEC(Delta(8), ZSTD(1)),
    INDEX ix_block block_id TYPE minmax GRANULARITY 1
)
ENGINE = MergeTree
PARTITION BY toYear(occurred_at)
ORDER BY (organization_id, package, version, occurred_at)
SETTINGS non_replicated_deduplication_window = 10000
