SELECT
    query,
    query_start,
    extract(epoch FROM clock_timestamp() - query_start)::float8
FROM pg_stat_activity
WHERE datname = current_database()
    AND state = 'active'
    AND pid <> pg_backend_pid()
    AND starts_with(query, '/*{"id":')
ORDER BY query_start, pid
