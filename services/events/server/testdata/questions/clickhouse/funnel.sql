SELECT level, count()
FROM (
    SELECT
        current_id,
        windowFunnel(86400000000)(toUInt64(toUnixTimestamp64Micro(occurred_at)), name = 'package.viewed', name = 'commit.authored', name = 'build.finished') AS level
    FROM events
    WHERE organization_id = {organization:UUID} AND name IN ('package.viewed', 'commit.authored', 'build.finished')
        AND occurred_at >= '2026-03-07' AND occurred_at < '2026-04-06'
    GROUP BY current_id
)
GROUP BY level
