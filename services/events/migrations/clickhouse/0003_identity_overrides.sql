-- Identities whose developer changed after events were stamped with another. The row with the highest sequence counts; queries take it
-- with argMax and never rely on a merge. Sequence 0 notes an identity whose events were stamped as nobody's and overrides nothing.
CREATE TABLE IF NOT EXISTS identity_overrides (
    organization_id UUID,
    actor_kind UInt8,
    actor_value String,
    developer_id UUID,
    sequence UInt64
)
ENGINE = ReplacingMergeTree(sequence)
ORDER BY (organization_id, actor_kind, actor_value)
