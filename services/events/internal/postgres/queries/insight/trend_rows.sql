{{/* Bucket 0 is the whole range: buckets are numbered from 1. Place 0 is what is not kept: keys are numbered from 1. An actor that comes again in a bucket
     is left out before anything is counted, which is cheaper than to count distinct ones among all. */}}
SELECT
    {{if .Keyed}}place{{else}}1::bigint{{end}} AS place,
    {{if .Buckets}}COALESCE(bucket, 0){{else}}0{{end}} AS bucket,
    {{template "measure" .Measure}}
FROM (
    SELECT{{if .Measure.Actors}} DISTINCT{{end}}
        {{if .Keyed}}COALESCE(k.place, 0) AS place{{else}}1::bigint AS place{{end}}
        {{- if .Buckets}},
        width_bucket(e.occurred_at, {{.Buckets}}::timestamptz[]) AS bucket{{end}}
        {{- if .Measure.Actors}},
        {{template "actor" .Relation}} AS actor{{end}}
        {{- if .Measure.Number.Param}},
        {{template "number" .Measure.Number}} AS number{{end}}
    {{- template "from" .Relation}}
    {{- template "where" .Relation}}
) AS counted
GROUP BY
{{- if .Keyed}}{{if .Buckets}} GROUPING SETS ((place), (place, bucket)){{else}} place{{end}}
{{- else}}{{if .Buckets}} GROUPING SETS ((), (bucket)){{else}} (){{end}}{{end}}
