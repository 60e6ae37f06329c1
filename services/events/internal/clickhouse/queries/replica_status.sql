SELECT
    concat(table, '/', replica_name) AS replica,
    NOT is_readonly AND NOT is_session_expired AS healthy,
    toInt64(absolute_delay) AS seconds,
    toInt64(queue_size) AS waiting
FROM system.replicas
WHERE database = currentDatabase()
ORDER BY replica
