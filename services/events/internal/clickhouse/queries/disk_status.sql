SELECT
    name,
    toInt64(least(free_space, 9223372036854775807)) AS free_bytes,
    toInt64(least(total_space, 9223372036854775807)) AS total_bytes
FROM system.disks
ORDER BY name
