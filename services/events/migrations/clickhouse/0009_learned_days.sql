-- What was learned from the events of a UTC day, in one row, so that it is replaced as a whole: the row with the highest version counts. It can be made
-- again from the events at any time; a day whose number of events differs from that in events is.
CREATE TABLE IF NOT EXISTS learned_days (
    organization_id UUID,
    day Int32 COMMENT 'days since 1970-01-01',
    events UInt64 COMMENT 'how many events the day had when it was learned',
    names Array(String) CODEC(ZSTD(1)),
    keys Array(String) COMMENT 'of properties; empty for the events of the name themselves' CODEC(ZSTD(1)),
    types Array(UInt8) CODEC(ZSTD(1)),
    counts Array(UInt64) CODEC(ZSTD(1)),
    firsts Array(Int64) COMMENT 'microseconds since 1970' CODEC(ZSTD(1)),
    lasts Array(Int64) COMMENT 'microseconds since 1970' CODEC(ZSTD(1)),
    examples Array(String) CODEC(ZSTD(1)),
    version UInt64 COMMENT 'microseconds since 1970 when it was learned'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (organization_id, day)
