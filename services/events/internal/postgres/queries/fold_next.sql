SELECT
    occurred_at,
    id,
    packages
FROM events
WHERE organization_id = @organization
    AND actor_kind = @kind
    AND actor_value = @value
    AND (occurred_at, id) < (@after_time, @after_id)
ORDER BY
    occurred_at DESC,
    id DESC
LIMIT @limit
