{{/* Text is compared by bytes, so that ties end as the rule says: by the parts, a missing one after every text. */}}
SELECT
    {{if .Keyed}}ARRAY[place::text]{{else}}ARRAY[{{range $i, $key := .Relation.Parts.Keys}}{{if $i}}, {{end}}part_{{$i}}{{end}}]{{end}} AS parts,
    {{template "measure" .Measure}}
FROM (
    SELECT{{if .Measure.Actors}} DISTINCT{{end}}
        {{if .Keyed}}k.place{{else}}{{template "parts" .Relation.Parts}}{{end}}
        {{- if .Measure.Actors}},
        {{template "actor" .Relation}} AS actor{{end}}
        {{- if .Measure.Window}},
        {{template "condition" .Measure.Window}} AS inside{{end}}
        {{- if .Measure.Number.Param}},
        {{template "number" .Measure.Number}} AS number{{end}}
    {{- template "from" .Relation}}
    {{- template "where" .Relation}}
) AS counted
GROUP BY {{if .Keyed}}place{{else}}{{range $i, $key := .Relation.Parts.Keys}}{{if $i}}, {{end}}part_{{$i}}{{end}}{{end}}
{{- if .Limit}}
ORDER BY
    value DESC
    {{- range $i, $key := .Relation.Parts.Keys}},
    part_{{$i}} NULLS LAST{{end}}
LIMIT {{.Limit}}::bigint{{end}}
