SELECT
    (occurred_at AT TIME ZONE 'UTC')::date - '1970-01-01'::date AS day,
    count(*) AS events
FROM events
WHERE organization_id = @organization
GROUP BY 1
ORDER BY 1
