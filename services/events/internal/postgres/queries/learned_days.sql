SELECT
    day,
    events
FROM learned_days
WHERE organization_id = @organization
    AND events > 0
ORDER BY day
