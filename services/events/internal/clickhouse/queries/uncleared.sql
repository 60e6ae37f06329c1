{{/* The partitions in which anything is in a slot. */}}
SELECT DISTINCT toYear(occurred_at) AS year
FROM events
WHERE organization_id = {promoted:UUID}
    AND {{.Column}} != ''
ORDER BY year
