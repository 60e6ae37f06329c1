{{/* How many actors were active in so many buckets; or, with .Count, who was in exactly as many. */}}
SELECT
    {{- if .Count}}
    toString(actor) AS name{{else}}
    toInt64(active) AS buckets,
    count() AS actors{{end}}
FROM (
    SELECT
        actor,
        {{if .Wide}}uniqExact(number){{else}}bitCount(groupBitOr(bitShiftLeft(toUInt64(1), number))){{end}} AS active
    FROM (
        SELECT
            actor,
            {{template "bucket" .Buckets}} AS number
        FROM (
            SELECT
                {{template "actor" .Source}} AS actor,
                at
            FROM (
                {{- template "rows" .Source}}
            )
            {{- template "where" .Source}}
        )
        WHERE {{template "known" .Source}}
    )
    GROUP BY actor
)
{{- if .Count}}
WHERE active = {{.Count}}
    {{- template "page" .}}{{else}}
GROUP BY active{{end}}
