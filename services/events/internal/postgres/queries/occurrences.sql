SELECT
    name,
    occurred_at,
    id,
    properties
FROM events
WHERE organization_id = @organization
    AND occurred_at >= @start
    AND occurred_at < @end
