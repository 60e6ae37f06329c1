{{/* One condition of any kind, which may hold others. It is never null. */}}
{{define "condition"}}
{{- if .Not}}NOT {{end}}
{{- if eq .Kind "all"}}({{range $i, $c := .Of}}{{if $i}} AND {{end}}{{template "condition" $c}}{{else}}true{{end}})
{{- else if eq .Kind "any"}}({{range $i, $c := .Of}}{{if $i}} OR {{end}}{{template "condition" $c}}{{else}}false{{end}})
{{- else if eq .Kind "name"}}(e.name = {{.Value}}::text)
{{- else if eq .Kind "names"}}(e.name = ANY ({{.Value}}::text[]))
{{- else if eq .Kind "projects"}}(e.project = ANY ({{.Value}}::text[]))
{{- else if eq .Kind "source_kinds"}}(e.source_kind = ANY ({{.Value}}::smallint[]))
{{- else if eq .Kind "tools"}}(e.tool = ANY ({{.Value}}::text[]))
{{- else if eq .Kind "machines"}}(e.machine = ANY ({{.Value}}::text[]))
{{- else if eq .Kind "developers"}}({{template "developer" .In}} = ANY ({{.Value}}::uuid[]))
{{- else if eq .Kind "stamped"}}(
        e.developer_id = ANY ({{.Value}}::uuid[])
        {{- if .Low}}
        OR (e.actor_kind = ANY ({{.Low}}::smallint[]) AND e.actor_value = ANY ({{.High}}::text[])){{end}}
    )
{{- else if eq .Kind "packages"}}(
        e.id IN (
            SELECT q.event_id
            FROM event_packages AS q
            WHERE q.organization_id = @organization
                AND q.occurred_at >= {{.In.Start}}::timestamptz
                AND q.occurred_at < {{.In.End}}::timestamptz
                AND (
                    q.package = ANY ({{.Value}}::text[])
                    OR (q.package, q.version) IN (
                        SELECT
                            wanted.package,
                            wanted.version
                        FROM unnest({{.Low}}::text[], {{.High}}::text[]) AS wanted (package, version)
                    )
                )
        )
    )
{{- else if eq .Kind "acting"}}({{template "acting" .In}})
{{- else if eq .Kind "set"}}{{template "set" .Key}}
{{- else if eq .Kind "equals"}}COALESCE({{template "text" .Key}} = ANY ({{.Value}}::text[]), false)
{{- else if eq .Kind "contains"}}COALESCE(strpos(lower({{template "text" .Key}}), {{.Value}}::text) > 0, false)
{{- else if eq .Kind "greater"}}COALESCE({{template "number" .Key}} > {{.Value}}::float8, false)
{{- else if eq .Kind "greater_or_equal"}}COALESCE({{template "number" .Key}} >= {{.Value}}::float8, false)
{{- else if eq .Kind "less"}}COALESCE({{template "number" .Key}} < {{.Value}}::float8, false)
{{- else if eq .Kind "less_or_equal"}}COALESCE({{template "number" .Key}} <= {{.Value}}::float8, false)
{{- else if eq .Kind "between"}}COALESCE({{template "number" .Key}} BETWEEN {{.Low}}::float8 AND {{.High}}::float8, false)
{{- else if eq .Kind "before"}}COALESCE({{template "moment" .Key}} < {{.Value}}::bigint, false)
{{- else if eq .Kind "after"}}COALESCE({{template "moment" .Key}} > {{.Value}}::bigint, false)
{{- else if eq .Kind "numeric"}}({{template "number" .Key}} IS NOT NULL)
{{- else if eq .Kind "of_developer"}}(
        {{template "developer" .In}} IN (
            SELECT d.developer_id
            FROM developer_properties AS d
            CROSS JOIN LATERAL ({{template "document" "d"}}) AS j
            WHERE d.organization_id = @organization
            {{- range .Of}}
                AND {{template "condition" .}}{{end}}
        )
    )
{{- else if eq .Kind "somebody"}}({{template "developer" .In}} <> '00000000-0000-0000-0000-000000000000')
{{- else if eq .Kind "performed"}}(
        {{template "developer" .In}} IN (
            SELECT {{template "developer" .Inner}}
            {{template "from" .Inner}}
            {{template "where" .Inner}}
            GROUP BY 1
            {{- if .AtLeast}}
            HAVING count(*) >= {{.Value}}::bigint
            {{- else if .AtMost}}
            HAVING count(*) <= {{.Value}}::bigint
            {{- else}}
            HAVING count(*) = {{.Value}}::bigint{{end}}
        )
    )
{{- else if eq .Kind "kept"}}({{template "composite" .In.Parts}} = ANY ({{.Value}}::text[]))
{{- else if eq .Kind "within"}}(e.occurred_at >= {{.Low}}::timestamptz AND e.occurred_at < {{.High}}::timestamptz)
{{- end}}{{end}}
