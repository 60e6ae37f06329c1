SELECT step, source, target, count() AS weight, avg(took) / 1000000 AS seconds
FROM (
    SELECT
        arrayMap(i -> i.1, arraySort(groupArray((toUnixTimestamp64Micro(occurred_at), id, toString(name))))) AS times,
        arrayMap(i -> i.3, arraySort(groupArray((toUnixTimestamp64Micro(occurred_at), id, toString(name))))) AS names,
        arrayMap((a, b) -> b - a > 1800000000, arrayPopBack(arrayPushFront(times, 0)), times) AS begins,
        arraySplit((i, b) -> b, arrayZip(times, names), begins) AS sessions
    FROM events
    WHERE organization_id = {organization:UUID} AND occurred_at >= '2026-03-30' AND occurred_at < '2026-04-06' AND NOT startsWith(name, '$')
    GROUP BY current_id
)
ARRAY JOIN arrayMap(s -> arraySlice(arrayFilter((i, following) -> i.2 != following, s, arrayPushBack(arrayPopFront(s.2), '')), 1, 5), sessions) AS way
ARRAY JOIN
    arrayPopBack(arrayEnumerate(way)) AS step,
    arrayPopBack(way.2) AS source,
    arrayPopFront(way.2) AS target,
    arrayMap((a, b) -> b - a, arrayPopBack(way.1), arrayPopFront(way.1)) AS took
GROUP BY step, source, target
ORDER BY weight DESC, step, source, target
LIMIT 50
