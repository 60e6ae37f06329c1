SELECT
    toInt32(intDiv(toUnixTimestamp64Micro(occurred_at), 86400000000)) AS day,
    count() AS n
FROM events
WHERE organization_id = {organization:UUID}
GROUP BY day
ORDER BY day
