-- The properties of developers, as breakdowns and filters of insights use them. The row with the highest revision counts; queries take it with
-- argMax and never rely on a merge.
CREATE TABLE IF NOT EXISTS developer_properties (
    organization_id UUID,
    developer_id UUID,
    properties String COMMENT 'canonical JSON object' CODEC(ZSTD(1)),
    revision UInt64
)
ENGINE = ReplacingMergeTree(revision)
ORDER BY (organization_id, developer_id)
