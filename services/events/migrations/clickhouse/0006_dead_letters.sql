-- Events that were accepted and that this database refused for good, with their bytes. Those of the zero organization are frames of the log that were
-- damaged: whose they were cannot be known. There are few, so queries take them with FINAL. A row whose gone is 1 says that the letter was removed.
CREATE TABLE IF NOT EXISTS dead_letters (
    organization_id UUID,
    id UUID,
    name String,
    received_at DateTime64(6, 'UTC'),
    failed_at DateTime64(6, 'UTC'),
    reason String,
    message String,
    payload String COMMENT 'the event as the log holds it' CODEC(ZSTD(1)),
    gone UInt8,
    revision UInt64 COMMENT 'the highest counts'
)
ENGINE = ReplacingMergeTree(revision)
ORDER BY (organization_id, id)
