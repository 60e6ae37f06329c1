{{/* The row whose bucket is not grouped is the same math over the whole range; its one key is constant. */}}
SELECT
    grouping(bucket) AS whole,
    bucket,
    {{if .Unique}}uniqExactIf(developer, developer != toUUID('00000000-0000-0000-0000-000000000000')){{else}}count(){{end}} AS value
FROM (
    SELECT
        e.organization_id AS organization_id,
        roundDown(toUnixTimestamp64Micro(e.occurred_at), {buckets:Array(Int64)}) AS bucket,
        {{template "developer" .}} AS developer
    FROM events AS e
    {{- template "overrides" .}}
    {{- template "matching" .}}
        {{- if .Named}}
        AND e.name = {name:String}{{end}}
)
GROUP BY GROUPING SETS ((organization_id), (bucket))
