-- One row per event. Rows are never changed; identity_overrides holds what became known later.
--
-- organization_id is the UUID itself, not a number standing for it: within a granule it is constant, so it costs nothing on disk,
-- and no registry of numbers has to be kept in step with another service. developer_id is a UUID for the same reason; the zero UUID is nobody.
-- ClickHouse orders UUIDs by their second half. Nothing here relies on that order: queries order by UUIDToNum(id), which is the order of the text.
--
-- A partition is a year. Git histories reach back decades, and a block makes one part in each partition that it touches:
-- months would cut every block of an import into hundreds of parts. Ranges of days are found by the key.
--
-- p_timeline finds the newest events of a developer. p_id finds the ids of a batch before it is stored: its granules are small, because each id is alone in one.
CREATE TABLE IF NOT EXISTS events (
    organization_id UUID,
    name LowCardinality(String),
    id UUID,
    developer_id UUID COMMENT 'as known at ingest',
    actor_kind UInt8,
    actor_value String CODEC(ZSTD(1)),
    occurred_at DateTime64(6, 'UTC') CODEC(Delta(8), ZSTD(1)),
    received_at DateTime64(6, 'UTC') CODEC(Delta(8), ZSTD(1)),
    source_kind UInt8,
    tool LowCardinality(String),
    tool_version LowCardinality(String),
    machine String CODEC(ZSTD(1)),
    project LowCardinality(String),
    packages Array(String) CODEC(ZSTD(1)),
    package_rows UInt16 COMMENT 'how many rows of event_packages belong to the event',
    session_id String CODEC(ZSTD(1)),
    properties String COMMENT 'canonical JSON object' CODEC(ZSTD(1)),
    block_id UInt64 COMMENT 'the block that brought the row' CODEC(Delta(8), ZSTD(1)),
    INDEX ix_block block_id TYPE minmax GRANULARITY 1,
    PROJECTION p_timeline (
        SELECT organization_id, developer_id, occurred_at, name, project, id
        ORDER BY organization_id, developer_id, occurred_at
    ),
    PROJECTION p_id (
        SELECT organization_id, id
        ORDER BY organization_id, id
    ) WITH SETTINGS (index_granularity = 256)
)
ENGINE = MergeTree
PARTITION BY toYear(occurred_at)
ORDER BY (organization_id, toDate(occurred_at), name, developer_id)
SETTINGS non_replicated_deduplication_window = 10000
