{{/* Two days share no moment, so the example of the last is one. */}}
SELECT
    name,
    key,
    type,
    toInt64(sum(count)) AS n,
    min(first) AS earliest,
    max(last) AS latest,
    argMax(example, last) AS newest
FROM learned_days FINAL
ARRAY JOIN
    names AS name,
    keys AS key,
    types AS type,
    counts AS count,
    firsts AS first,
    lasts AS last,
    examples AS example
WHERE organization_id = {organization:UUID}
GROUP BY name, key, type
ORDER BY name, key, type
