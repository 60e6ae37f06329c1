{{/* The blocks whose second insert is missing, by partition: a partition of a block is there as a whole or not at all. */}}
SELECT
    block_id,
    year
FROM (
    SELECT
        block_id,
        toYear(occurred_at) AS year,
        sum(package_rows) AS wanted
    FROM events
    WHERE package_rows > 0
    GROUP BY block_id, year
) AS e
LEFT JOIN (
    SELECT
        block_id,
        toYear(occurred_at) AS year,
        count() AS found
    FROM event_packages
    GROUP BY block_id, year
) AS p USING (block_id, year)
WHERE wanted != found
ORDER BY block_id, year
