-- What organizations do not want to be kept of their events, and the keys of the hashes that stand in its place. The row with the highest revision counts.
CREATE TABLE IF NOT EXISTS privacy_rules (
    organization_id UUID,
    revision UInt64,
    rules String COMMENT 'a JSON list',
    hash_key String COMMENT 'hexadecimal digits'
)
ENGINE = ReplacingMergeTree(revision)
ORDER BY organization_id
