{{/* In the order of ids, which for a uuid is that of its bytes. */}}
SELECT
    {{template "actor" .Relation}}::text COLLATE "C" AS actor,
    e.occurred_at,
    e.id,
    {{if .Names}}e.name{{else}}''{{end}} AS name,
    0::bigint
    {{- range $i, $matcher := .Matchers}}
        | CASE WHEN {{template "condition" .}} THEN 1::bigint << {{$i}} ELSE 0 END{{end}} AS matches,
    ARRAY[{{range $i, $key := .Keys}}{{if $i}}, {{end}}{{template "text" $key}}{{end}}]::text[] AS parts,
    ARRAY[{{with .Relation.Parts}}{{range $i, $key := .Keys}}{{if $i}}, {{end}}d.part_{{$i}}{{end}}{{end}}]::text[] AS developer_parts,
    ARRAY[{{range $i, $member := .Cohorts}}{{if $i}}, {{end}}{{template "condition" $member}}{{end}}]::boolean[] AS in_cohorts
{{- template "from" .Relation}}
{{- template "where" .Relation}}
ORDER BY
    1,
    e.occurred_at,
    e.id
