SELECT DISTINCT version
FROM event_packages
WHERE organization_id = {organization:UUID}
    AND package = {package:String}
    AND occurred_at >= fromUnixTimestamp64Micro({start:Int64}, 'UTC')
    AND occurred_at < fromUnixTimestamp64Micro({end:Int64}, 'UTC')
ORDER BY version
