SELECT
    occurred_at,
    id
FROM events
WHERE organization_id = @organization
ORDER BY
    occurred_at,
    id
LIMIT 1
