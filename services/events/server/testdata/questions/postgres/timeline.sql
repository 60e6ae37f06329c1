SELECT id, name, occurred_at, developer_id, project
FROM events
WHERE organization_id = $1 AND developer_id = '00000000-0000-4000-8000-000000000077'
ORDER BY occurred_at DESC
LIMIT 100
