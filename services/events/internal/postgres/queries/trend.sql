{{/* Bucket 0 is the whole range: buckets are numbered from 1. */}}
SELECT
    COALESCE(bucket, 0) AS bucket,
    {{if .Unique}}count(DISTINCT developer) FILTER (WHERE developer <> '00000000-0000-0000-0000-000000000000'){{else}}count(*){{end}} AS value
FROM (
    SELECT
        width_bucket(e.occurred_at, @buckets::timestamptz[]) AS bucket
        {{- if .Unique}},
        {{template "developer" .}} AS developer{{end}}
    FROM events AS e
    {{- template "overrides" .}}
    {{- template "matching" .}}
        {{- if .Named}}
        AND e.name = @name{{end}}
) AS counted
GROUP BY GROUPING SETS ((), (bucket))
