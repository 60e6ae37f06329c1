{{/* The events of a range that pass the question's filter, with the properties that are looked at; what else they must be like is said by "where". */}}
{{define "rows"}}
{{- template "levels" .Properties}}
SELECT
    toUnixTimestamp64Micro(e.occurred_at) AS at,
    e.id AS id,
    e.name AS name,
    {{template "developer" .}} AS developer,
    e.machine AS machine,
    e.project AS project,
    {{- if .Packages}}
    k.package AS package,{{end}}
    {{- if .Joined}}
    d.developer_properties AS developer_properties,{{end}}
    {{- range .Properties}}{{with .Column}}
    e.{{.}} AS {{.}},{{end}}{{end}}
    e.properties AS properties
FROM (
    SELECT
        occurred_at,
        id,
        name,
        current_id,
        actor_key,
        source_kind,
        tool,
        machine,
        project,
        {{- range .Properties}}{{with .Column}}
        {{.}},{{end}}{{end}}
        properties
    FROM events
    PREWHERE organization_id = {organization:UUID}
        AND occurred_at >= fromUnixTimestamp64Micro({{.Start}}, 'UTC')
        AND occurred_at < fromUnixTimestamp64Micro({{.End}}, 'UTC')
        {{- if .Names}}
        AND name IN {{.Names}}{{end}}
) AS e
{{- template "overrides" .}}
{{- if .Packages}}
LEFT JOIN (
    SELECT
        event_id,
        package
    FROM event_packages
    WHERE organization_id = {organization:UUID}
        AND leading_row
        AND occurred_at >= fromUnixTimestamp64Micro({{.Start}}, 'UTC')
        AND occurred_at < fromUnixTimestamp64Micro({{.End}}, 'UTC')
) AS k ON k.event_id = e.id{{end}}
{{- if .Joined}}
LEFT ANY JOIN (
    {{- template "developers"}}
) AS d ON d.developer_id = {{template "developer" .}}{{end}}
WHERE 1
    {{- template "filter" .}}
{{- template "levels_end" .Properties}}
{{- end}}

{{define "where"}}
WHERE {{range $i, $c := .Where}}{{if $i}}
    AND {{end}}{{template "condition" $c}}{{else}}1{{end}}
{{- end}}

{{/* Whom an event counts for, and whether there is somebody. */}}
{{define "actor"}}
    {{- if eq .Unit "machines"}}machine
    {{- else if eq .Unit "projects"}}toString(project)
    {{- else if eq .Unit "packages"}}package
    {{- else}}developer{{end}}
{{- end}}

{{define "known"}}
    {{- if eq .Unit "developers"}}actor != toUUID('00000000-0000-0000-0000-000000000000'){{else}}actor != ''{{end}}
{{- end}}

{{/* The number of the bucket that the microseconds "at" lie in; the last one has no end. */}}
{{define "bucket"}}
    {{- if .Uniform}}least(intDiv(at - {{.First}}, {{.Width}}), {{.Last}})
    {{- else}}transform(roundDown(at, {{.Starts}}), {{.Starts}}, {{.Numbers}}, toInt64(0)){{end}}
{{- end}}

{{/* The key of a breakdown as one text: each part with its length in front, so that no two keys are written alike. */}}
{{define "key"}}concat({{range $i, $p := .}}{{if $i}}, {{end}}ifNull(concat(toString(length(text{{$p.N}})), ':', text{{$p.N}}), '-'){{end}}){{end}}
