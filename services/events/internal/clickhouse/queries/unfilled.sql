{{/* The partitions in which events lack their value. */}}
SELECT DISTINCT toYear(occurred_at) AS year
FROM events
WHERE organization_id = {promoted:UUID}
    AND NOT startsWith({{.Column}}, {{.Mark}})
ORDER BY year
