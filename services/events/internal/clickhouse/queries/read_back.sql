{{/* What is there of a block, by partition. The times of its events keep the search short. */}}
SELECT
    year,
    sum(event_rows) AS event_rows,
    sum(package_rows) AS package_rows
FROM (
    SELECT
        toYear(occurred_at) AS year,
        count() AS event_rows,
        0 AS package_rows
    FROM events
    WHERE block_id = {block:UInt64}
        AND occurred_at BETWEEN fromUnixTimestamp64Micro({start:Int64}, 'UTC') AND fromUnixTimestamp64Micro({end:Int64}, 'UTC')
    GROUP BY year
    UNION ALL
    SELECT
        toYear(occurred_at) AS year,
        0 AS event_rows,
        count() AS package_rows
    FROM event_packages
    WHERE block_id = {block:UInt64}
        AND occurred_at BETWEEN fromUnixTimestamp64Micro({start:Int64}, 'UTC') AND fromUnixTimestamp64Micro({end:Int64}, 'UTC')
    GROUP BY year
)
GROUP BY year
