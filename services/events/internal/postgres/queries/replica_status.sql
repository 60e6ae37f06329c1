SELECT
    application_name,
    COALESCE(state = 'streaming', false),
    COALESCE(extract(epoch FROM replay_lag), 0)::float8
FROM pg_stat_replication
ORDER BY application_name, pid
