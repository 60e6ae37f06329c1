SELECT toDate(occurred_at) AS day, uniqExact(current_id)
FROM events
WHERE organization_id = {organization:UUID} AND occurred_at >= '2026-03-07' AND occurred_at < '2026-04-06'
GROUP BY day WITH TOTALS
