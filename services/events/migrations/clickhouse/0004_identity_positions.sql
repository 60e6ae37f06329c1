-- How far the changes of identities are applied: the highest sequence counts. One row per installation, more until they are merged.
CREATE TABLE IF NOT EXISTS identity_positions (
    singleton UInt8,
    sequence UInt64
)
ENGINE = ReplacingMergeTree(sequence)
ORDER BY singleton
