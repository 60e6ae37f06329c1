SELECT occurred_at, id, name, project
FROM events
WHERE organization_id = {organization:UUID} AND current_id = '00000000-0000-4000-8000-000000000077'
ORDER BY occurred_at DESC
LIMIT 100
