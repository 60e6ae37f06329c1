{{/* The events of each actor in their order, actors one after the other. */}}
SELECT
    actor,
    at,
    id,
    matches
    {{- if .Names}},
    event_name{{end}}
    {{- range $i, $p := .Parts}},
    part_{{$i}}{{end}}
    {{- range $i, $p := .Developer}},
    developer_{{$i}}{{end}}
    {{- range $i, $c := .Cohorts}},
    cohort_{{$i}}{{end}}
FROM (
    SELECT
        {{template "actor" .Source}} AS actor,
        at,
        id,
        toUInt64({{range $i, $m := .Matchers}}{{if $i}} + {{end}}bitShiftLeft(toUInt64({{template "condition" $m}}), {{$i}}){{else}}0{{end}}) AS matches
        {{- if .Names}},
        name AS event_name{{end}}
        {{- range $i, $p := .Parts}},
        text{{$p.N}} AS part_{{$i}}{{end}}
        {{- range $i, $p := .Developer}},
        text{{$p.N}} AS developer_{{$i}}{{end}}
        {{- range $i, $m := .Cohorts}},
        {{template "member" $m}} AS cohort_{{$i}}{{end}}
    FROM (
        {{- template "rows" .Source}}
    )
    {{- template "where" .Source}}
)
WHERE {{template "known" .Source}}
ORDER BY actor, at, UUIDToNum(id)
