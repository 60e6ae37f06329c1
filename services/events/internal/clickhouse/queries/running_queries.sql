{{/* Queries that the server runs for this database under an organization's tag. */}}
SELECT
    query_id,
    comment,
    toInt64(elapsed * 1000000) AS micros,
    toInt64(read_rows) AS rows_read,
    toInt64(read_bytes) AS bytes_read,
    toInt64(peak_memory_usage) AS memory
FROM (
    SELECT
        query_id,
        Settings['log_comment'] AS comment,
        elapsed,
        read_rows,
        read_bytes,
        peak_memory_usage,
        current_database
    FROM system.processes
)
WHERE current_database = currentDatabase()
    AND JSONExtractString(comment, 'organization') = {organization:String}
    AND JSONExtractString(comment, 'kind') != 'running_queries'
ORDER BY micros DESC, query_id
