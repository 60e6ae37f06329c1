SELECT DISTINCT organization_id
FROM events
