{{/* What is folded of identities. */ -}}
SELECT
    actor_kind,
    actor_value,
    max(sequence) AS folded
FROM identity_folds
WHERE organization_id = {organization:UUID}
    AND (actor_kind, actor_value) IN {identities:Array(Tuple(UInt8, String))}
GROUP BY actor_kind, actor_value
