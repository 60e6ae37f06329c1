SELECT
    occurred_at,
    id
FROM events
WHERE organization_id = {organization:UUID}
ORDER BY toDate(occurred_at), occurred_at, UUIDToNum(id)
LIMIT 1
