{{/* What is known of identities, in questions' overrides or folded ones: 0 is the sequence of a note. */}}
SELECT
    actor_kind,
    actor_value,
    argMax(developer_id, sequence) AS reassigned_id,
    max(sequence) AS latest
FROM (
    SELECT actor_kind, actor_value, developer_id, sequence
    FROM identity_overrides
    WHERE organization_id = {organization:UUID}
        AND (actor_kind, actor_value) IN {identities:Array(Tuple(UInt8, String))}
    UNION ALL
    SELECT actor_kind, actor_value, developer_id, sequence
    FROM identity_folds
    WHERE organization_id = {organization:UUID}
        AND (actor_kind, actor_value) IN {identities:Array(Tuple(UInt8, String))}
)
GROUP BY actor_kind, actor_value
