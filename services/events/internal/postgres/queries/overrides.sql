{{/* What is pending of an organization. */}}
SELECT
    actor_kind,
    actor_value,
    developer_id,
    CASE WHEN previous_sequence = sequence THEN previous ELSE '{}' END
FROM identity_overrides
WHERE organization_id = @organization
    AND sequence > 0
    AND NOT folded
LIMIT @limit
