{{/* The total of one series for each key that has an event of it, the highest first. */}}
SELECT
    {{- if .Cohorts}}
    place AS key_0,{{else}}{{range $i, $p := .Parts}}
    key_{{$i}},{{end}}{{end}}
    toFloat64({{template "math" .}}) AS value
FROM (
    SELECT
        {{- if .Cohorts}}
        {{template "place" .}} AS place{{else}}{{range $i, $p := .Parts}}{{if $i}},{{end}}
        text{{$p.N}} AS key_{{$i}}{{end}}{{end}}
        {{- if .Acting}},
        {{template "actor" .Source}} AS actor{{end}}
        {{- if .Window}},
        at >= {{.WindowStart}} AND at < {{.WindowEnd}} AS recent{{end}}
        {{- if .Number}},
        number{{.Number.N}} AS number{{end}}
    FROM (
        {{- template "rows" .Source}}
    )
    {{- template "where" .Source}}
)
{{- if .Cohorts}}
ARRAY JOIN place
GROUP BY place
ORDER BY value DESC, place{{else}}
GROUP BY {{range $i, $p := .Parts}}{{if $i}}, {{end}}key_{{$i}}{{end}}
ORDER BY value DESC{{range $i, $p := .Parts}}, key_{{$i}} ASC NULLS LAST{{end}}{{end}}
{{- if .Limit}}
LIMIT {{.Limit}}{{end}}
