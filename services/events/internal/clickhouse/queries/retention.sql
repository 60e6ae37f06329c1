{{/* How many actors of each interval were seen so many intervals later. */}}
SELECT
    toInt64(first_interval) AS row_number,
    toInt64(later) AS later_by,
    count() AS actors
FROM (
    SELECT
        first_interval,
        {{- if .Wide}}
        arrayPushFront(arrayFilter(j -> j > 0, arrayMap(k -> toInt64(k) - toInt64(first_interval), came)), toInt64(0)) AS seen
        {{- else}}
        bitPositionsToArray(bitOr(bitShiftRight(came, first_interval), toUInt64(1))) AS seen
        {{- end}}
    FROM (
        SELECT
            first_interval,
            came
        FROM (
            {{- template "appearances" .}}
        )
        ARRAY JOIN {{if .Wide}}did{{else}}bitPositionsToArray(did){{end}} AS first_interval
    )
)
ARRAY JOIN seen AS later
GROUP BY row_number, later_by
