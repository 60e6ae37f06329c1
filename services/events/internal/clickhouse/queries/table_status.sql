SELECT
    tables.name AS table_name,
    toInt64(sum(parts.rows)) AS row_count,
    toInt64(sum(parts.bytes_on_disk)) AS byte_count,
    toInt64(countIf(parts.name != '')) AS part_count
FROM system.tables AS tables
LEFT JOIN (
    SELECT
        name,
        table,
        rows,
        bytes_on_disk
    FROM system.parts
    WHERE database = currentDatabase()
        AND active
) AS parts ON parts.table = tables.name
WHERE tables.database = currentDatabase()
GROUP BY table_name
ORDER BY table_name
