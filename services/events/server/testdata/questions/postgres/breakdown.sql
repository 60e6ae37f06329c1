SELECT date_trunc('day', occurred_at, 'UTC') AS day, properties::jsonb ->> 'language' AS language, count(*)
FROM events
WHERE organization_id = $1 AND name = 'build.finished' AND occurred_at >= '2026-03-07Z' AND occurred_at < '2026-04-06Z'
GROUP BY day, language
