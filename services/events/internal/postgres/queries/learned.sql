{{/* Two days share no moment, so the example of the last is one. */}}
SELECT
    l.name COLLATE "C" AS name,
    l.key COLLATE "C" AS key,
    l.type,
    sum(l.count)::bigint AS count,
    min(l.first) AS first,
    max(l.last) AS last,
    (array_agg(l.example ORDER BY l.last DESC))[1] AS example
FROM learned_days AS d
CROSS JOIN LATERAL unnest(d.names, d.keys, d.types, d.counts, d.firsts, d.lasts, d.examples) AS l (name, key, type, count, first, last, example)
WHERE d.organization_id = @organization
GROUP BY 1, 2, 3
ORDER BY 1, 2, 3
