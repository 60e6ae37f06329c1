{{/* What the server's own log has of an organization's queries on this database. Its rows come a few seconds after the queries. */}}
SELECT
    query_id,
    log_comment,
    query_start_time_microseconds,
    toInt64(query_duration_ms) AS milliseconds,
    toInt64(read_rows) AS rows_read,
    toInt64(read_bytes) AS bytes_read,
    toInt64(result_rows) AS rows_sent,
    toInt64(memory_usage) AS memory,
    toInt32(exception_code) AS failure
FROM system.query_log
WHERE event_date >= toDate(fromUnixTimestamp64Micro({since:Int64}))
    AND event_time_microseconds >= fromUnixTimestamp64Micro({since:Int64})
    AND type IN ('QueryFinish', 'ExceptionWhileProcessing')
    AND is_initial_query
    AND current_database = currentDatabase()
    AND query_duration_ms >= {least:Int64}
    AND JSONExtractString(log_comment, 'kind') NOT IN ('running_queries', 'slow_queries')
    AND JSONExtractString(log_comment, 'organization') = {organization:String}
ORDER BY query_duration_ms DESC, query_id
LIMIT {limit:UInt32}
