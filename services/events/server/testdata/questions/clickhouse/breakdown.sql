SELECT toDate(occurred_at) AS day, JSONExtractString(properties, 'language') AS language, count()
FROM events
WHERE organization_id = {organization:UUID} AND name = 'build.finished' AND occurred_at >= '2026-03-07' AND occurred_at < '2026-04-06'
GROUP BY day, language
