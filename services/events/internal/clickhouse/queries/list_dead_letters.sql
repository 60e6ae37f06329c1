SELECT
    id,
    name,
    received_at,
    failed_at,
    reason,
    message,
    payload
FROM dead_letters FINAL
WHERE organization_id = {organization:UUID}
    AND gone = 0
    {{- if .After}}
    AND (failed_at, UUIDToNum(id)) < (fromUnixTimestamp64Micro({after_time:Int64}, 'UTC'), UUIDToNum({after_id:UUID})){{end}}
    {{- if .Named}}
    AND id = {id:UUID}{{end}}
ORDER BY failed_at DESC, UUIDToNum(id) DESC
LIMIT {limit:UInt32}
