{{/* What is known of identities, in questions' overrides or folded ones: 0 is the sequence of a note. Whom their events may be stamped with is known when every
     pending reassignment says it. */}}
SELECT
    actor_kind,
    actor_value,
    argMax(developer_id, sequence) AS reassigned_id,
    max(sequence) AS latest,
    maxIf(sequence, pending) = latest AS unfolded,
    groupUniqArrayArray(previous) AS stamps,
    countIf(pending AND sequence > 0 AND empty(previous)) = 0 AS traced
FROM (
    SELECT actor_kind, actor_value, developer_id, sequence, previous, 1 AS pending
    FROM identity_overrides
    WHERE organization_id = {of:UUID}
        AND (actor_kind, actor_value) IN {identities:Array(Tuple(UInt8, String))}
    UNION ALL
    SELECT actor_kind, actor_value, developer_id, sequence, [], 0
    FROM identity_folds
    WHERE organization_id = {of:UUID}
        AND (actor_kind, actor_value) IN {identities:Array(Tuple(UInt8, String))}
)
GROUP BY actor_kind, actor_value
