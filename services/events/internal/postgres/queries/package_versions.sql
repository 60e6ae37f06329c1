SELECT DISTINCT version
FROM event_packages
WHERE organization_id = @organization
    AND package = @package
    AND occurred_at >= @start
    AND occurred_at < @end
ORDER BY version
