{{/* Of one organization, the oldest first. */}}
SELECT
    organization_id,
    actor_kind,
    actor_value,
    sipHash64(actor_kind, actor_value) AS actor_key,
    argMax(developer_id, sequence) AS reassigned_id,
    max(sequence) AS latest
FROM identity_overrides
WHERE organization_id = (
    SELECT min(organization_id)
    FROM identity_overrides
    WHERE sequence > 0
)
GROUP BY organization_id, actor_kind, actor_value
HAVING latest > 0
ORDER BY latest
LIMIT {limit:UInt32}
