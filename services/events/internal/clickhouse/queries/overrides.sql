{{/* What is pending of an organization, and what it takes the place of. */}}
SELECT
    actor_kind,
    actor_value,
    sipHash64(actor_kind, actor_value) AS actor_key,
    developer_id,
    sequence
FROM identity_overrides
WHERE organization_id = {organization:UUID}
    AND sequence > 0
LIMIT {limit:UInt32}
