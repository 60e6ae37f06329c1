SELECT day, count(*)
FROM (
    SELECT DISTINCT date_trunc('day', occurred_at, 'UTC') AS day, developer_id
    FROM events
    WHERE organization_id = $1 AND name = 'build.finished' AND occurred_at >= '2026-03-07Z' AND occurred_at < '2026-04-06Z'
) AS pairs
GROUP BY day
