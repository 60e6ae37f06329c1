SELECT pg_cancel_backend(pid)
FROM pg_stat_activity
WHERE datname = current_database()
    AND state = 'active'
    AND pid <> pg_backend_pid()
    AND starts_with(query, @head)
