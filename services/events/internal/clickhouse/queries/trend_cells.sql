{{/* The total of one series for each key that has an event of it, the highest first, with its numbers by bucket. Rows are grouped by what is found of
     the key's properties, and only what is left is made texts, several of which may be one key. */}}
SELECT
    {{- range $i, $p := .Parts}}
    key_{{$i}},{{end}}
    toFloat64({{if .Acting}}uniqExactIfMerge(part){{else}}sum(part){{end}}) AS value,
    groupArray(toInt64(bucket)) AS places,
    groupArray(toFloat64({{if .Acting}}finalizeAggregation(part){{else}}part{{end}})) AS numbers
FROM (
    SELECT
        {{- range $i, $p := .Parts}}
        {{template "text" $p}} AS key_{{$i}},{{end}}
        bucket,
        part
    FROM (
        SELECT
            {{- range .Parts}}
            raw{{.N}},{{end}}
            bucket,
            {{if .Acting}}uniqExactIfState(actor, {{template "known" .Source}}){{else}}count(){{end}} AS part
        FROM (
            SELECT
                {{- range .Parts}}
                raw{{.N}},{{end}}
                {{- if .Acting}}
                {{template "actor" .Source}} AS actor,{{end}}
                {{template "bucket" .Buckets}} AS bucket
            FROM (
                {{- template "rows" .Source}}
            )
            {{- template "where" .Source}}
        )
        GROUP BY
            {{- range .Parts}}
            raw{{.N}},{{end}}
            bucket
    )
)
GROUP BY {{range $i, $p := .Parts}}{{if $i}}, {{end}}key_{{$i}}{{end}}
ORDER BY value DESC{{range $i, $p := .Parts}}, key_{{$i}} ASC NULLS LAST{{end}}
{{- if .Limit}}
LIMIT {{.Limit}}{{end}}
