WITH weeks AS (
    SELECT DISTINCT developer_id, floor(extract(epoch FROM occurred_at - timestamptz '2026-01-05Z') / 604800)::int AS week
    FROM events
    WHERE organization_id = $1 AND name = 'build.finished' AND occurred_at >= '2026-01-05Z' AND occurred_at < '2026-04-06Z'
)
SELECT a.week, b.week - a.week AS k, count(*)
FROM weeks AS a
JOIN weeks AS b ON b.developer_id = a.developer_id AND b.week >= a.week
GROUP BY a.week, k
