SELECT
    day,
    events
FROM learned_days FINAL
WHERE organization_id = {organization:UUID}
    AND events > 0
ORDER BY day
