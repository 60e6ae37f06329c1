{{/* What an event must be like. Every piece is 0 or 1, never NULL, so that NOT of it is the operator that matches what has no value. */}}
{{define "condition"}}
    {{- if .Not}}NOT {{end}}
    {{- if eq .Op "exact"}}ifNull(text{{.N}} IN {{.A}}, 0)
    {{- else if eq .Op "contains"}}ifNull(positionCaseInsensitive(text{{.N}}, {{.A}}) > 0, 0)
    {{- else if eq .Op "regex"}}ifNull(match(text{{.N}}, {{.A}}), 0)
    {{- else if eq .Op "greater"}}ifNull(number{{.N}} > {{.A}}, 0)
    {{- else if eq .Op "greater_or_equal"}}ifNull(number{{.N}} >= {{.A}}, 0)
    {{- else if eq .Op "less"}}ifNull(number{{.N}} < {{.A}}, 0)
    {{- else if eq .Op "less_or_equal"}}ifNull(number{{.N}} <= {{.A}}, 0)
    {{- else if eq .Op "between"}}ifNull(number{{.N}} >= {{.A}} AND number{{.N}} <= {{.B}}, 0)
    {{- else if eq .Op "set"}}(raw{{.N}} != '')
    {{- else if eq .Op "before"}}ifNull(time{{.N}} < {{.A}}, 0)
    {{- else if eq .Op "after"}}ifNull(time{{.N}} > {{.A}}, 0)
    {{- else if eq .Op "developer"}}(developer IN (
        SELECT developer_id
        FROM (
            {{- template "levels" .Properties}}
            {{- template "developers"}}
            {{- template "levels_end" .Properties}}
        )
        WHERE {{template "condition" .Inner}}
    ))
    {{- else if eq .Op "member"}}{{template "member" .Member}}
    {{- else if eq .Op "performed"}}(developer IN (
        SELECT developer
        FROM (
            {{- template "rows" .Source}}
        )
        {{- template "where" .Source}}
        GROUP BY developer
        HAVING count() {{.B}} {{.A}}
    ))
    {{- else if eq .Op "all"}}({{range $i, $c := .All}}{{if $i}} AND {{end}}{{template "condition" $c}}{{else}}1{{end}})
    {{- else if eq .Op "any"}}({{range $i, $c := .All}}{{if $i}} OR {{end}}{{template "condition" $c}}{{else}}0{{end}})
    {{- else if eq .Op "key"}}({{template "key" .Parts}} IN {{.A}})
    {{- else if eq .Op "numeric"}}isNotNull(number{{.N}})
    {{- else if eq .Op "name"}}(name = {{.A}})
    {{- end}}
{{- end}}

{{/* The properties of all developers that have some. */}}
{{define "developers"}}
SELECT
    developer_id,
    argMax(properties, revision) AS developer_properties
FROM developer_properties
WHERE organization_id = {organization:UUID}
GROUP BY developer_id
{{- end}}

{{/* Nobody is in no cohort. */}}
{{define "member"}}(developer != toUUID('00000000-0000-0000-0000-000000000000') AND
    {{- if .Static}} developer IN {{.Members}}{{else}} {{template "condition" .Groups}}{{end}}){{end}}
