{{/* The numbers of one series by key and bucket. With .Whole a row whose bucket is not grouped is the same math over the whole range;
     maths that add up leave that to the caller. The range is put together from its buckets; grouping sets would go through the rows twice.
     seen counts the events, so that a key without numbers is known to be there. */}}
SELECT
    {{if .Whole}}grouping(bucket){{else}}toUInt64(0){{end}} AS whole,
    toInt64(bucket) AS bucket_number,
    place,
    count() AS seen,
    toFloat64({{template "math" .}}) AS value
FROM (
    SELECT
        at,
        {{if .Buckets.Count}}{{template "bucket" .Buckets}}{{else}}toInt64(0){{end}} AS bucket,
        {{template "place" .}} AS place
        {{- if .Acting}},
        {{template "actor" .Source}} AS actor{{end}}
        {{- if .Number}},
        number{{.Number.N}} AS number{{end}}
    FROM (
        {{- template "rows" .Source}}
    )
    {{- template "where" .Source}}
)
{{- if .Cohorts}}
ARRAY JOIN place{{end}}
GROUP BY {{if .Whole}}ROLLUP(place, bucket)
HAVING grouping(place) = 0{{else}}place, bucket{{end}}
