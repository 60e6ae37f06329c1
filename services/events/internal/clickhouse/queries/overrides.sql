{{/* What is pending of an organization, what it takes the place of, and whom events of the identity may be stamped with: nobody is named where that is not known. */}}
SELECT
    actor_kind,
    actor_value,
    sipHash64(actor_kind, actor_value) AS actor_key,
    developer_id,
    sequence,
    previous
FROM identity_overrides
WHERE organization_id = {organization:UUID}
    AND sequence > 0
LIMIT {limit:UInt32}
