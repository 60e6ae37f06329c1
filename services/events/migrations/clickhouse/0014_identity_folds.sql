-- Reassignments whose developer stands in the events of their identity. Queries do not look here: Append does, for events that come later with an older
-- stamp, and Reassign, for reassignments that come late. The row with the highest sequence counts.
CREATE TABLE IF NOT EXISTS identity_folds (
    organization_id UUID,
    actor_kind UInt8,
    actor_value String,
    developer_id UUID,
    sequence UInt64
)
ENGINE = ReplacingMergeTree(sequence)
ORDER BY (organization_id, actor_kind, actor_value)
