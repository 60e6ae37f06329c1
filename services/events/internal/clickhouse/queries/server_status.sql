SELECT
    version() AS server,
    toInt64(uptime()) AS seconds
