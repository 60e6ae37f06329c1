SELECT
    current_setting('server_version'),
    pg_postmaster_start_time()
