{{/* The partitions that hold rows of these identities with another developer. */}}
SELECT DISTINCT toYear(occurred_at) AS year
FROM {{.Table}}
WHERE organization_id = {folded:UUID}
    AND actor_key IN {keys:Array(UInt64)}
    AND (actor_kind, actor_value) IN {identities:Array(Tuple(UInt8, String))}
    AND toString(current_id) != transform(actor_key, {keys:Array(UInt64)}, {developers:Array(String)}, '')
ORDER BY year
