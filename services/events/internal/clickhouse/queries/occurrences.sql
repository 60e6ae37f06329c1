SELECT
    toString(name) AS name,
    occurred_at,
    id,
    properties
FROM events
WHERE organization_id = {of:UUID}
    AND occurred_at >= fromUnixTimestamp64Micro({start:Int64}, 'UTC')
    AND occurred_at < fromUnixTimestamp64Micro({end:Int64}, 'UTC')
