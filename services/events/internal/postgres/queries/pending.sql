{{/* Of one organization, the oldest first. */}}
SELECT
    organization_id,
    actor_kind,
    actor_value,
    developer_id,
    sequence
FROM identity_overrides
WHERE sequence > 0
    AND NOT folded
    AND organization_id = (
        SELECT organization_id
        FROM identity_overrides
        WHERE sequence > 0
            AND NOT folded
        ORDER BY organization_id
        LIMIT 1
    )
ORDER BY sequence
LIMIT @limit
