{{/* What the server's own log has of the questions that looked at properties. Its rows come a few seconds after the queries. */}}
SELECT
    key,
    toInt64(count()) AS queries,
    toInt64(sum(query_duration_ms)) AS milliseconds,
    toInt64(sum(read_bytes)) AS bytes_read
FROM system.query_log
ARRAY JOIN JSONExtract(log_comment, 'properties', 'Array(String)') AS key
WHERE event_date >= toDate(fromUnixTimestamp64Micro({since:Int64}))
    AND event_time_microseconds >= fromUnixTimestamp64Micro({since:Int64})
    AND type = 'QueryFinish'
    AND is_initial_query
    AND current_database = currentDatabase()
    AND JSONExtractString(log_comment, 'organization') = {organization:String}
GROUP BY key
ORDER BY
    milliseconds DESC,
    bytes_read DESC,
    key
LIMIT {limit:UInt32}
