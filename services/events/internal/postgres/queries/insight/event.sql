{{/* Parts that tell which events a question sees. The data is a relation. */}}

{{define "developer"}}
{{- if not .Overrides}}e.developer_id
{{- else if .Moved}}e.owner_id
{{- else if .Compared}}{{template "compared" .Compared}}
{{- else}}COALESCE(o.developer_id, e.developer_id){{end}}{{end}}

{{define "compared"}}CASE
        {{- range .}}
        WHEN e.actor_kind = {{.Kind}}::smallint AND e.actor_value = {{.Value}}::text THEN {{.Developer}}::uuid
        {{- end}}
        ELSE e.developer_id
    END{{end}}

{{/* The actor that an event counts for; null when it has none, unless only events that have one are looked at. */}}
{{define "actor"}}
{{- if .By.Developers}}{{if .Acting}}{{template "developer" .}}{{else}}NULLIF({{template "developer" .}}, '00000000-0000-0000-0000-000000000000'){{end}}
{{- else if .By.Machines}}{{if .Acting}}e.machine{{else}}NULLIF(e.machine, ''){{end}}
{{- else if .By.Projects}}{{if .Acting}}e.project{{else}}NULLIF(e.project, ''){{end}}
{{- else}}p.package{{end}}{{end}}

{{/* That an event has an actor. */}}
{{define "acting"}}
{{- if .By.Developers}}{{template "developer" .}} <> '00000000-0000-0000-0000-000000000000'
{{- else if .By.Machines}}e.machine <> ''
{{- else if .By.Projects}}e.project <> ''
{{- else}}p.package IS NOT NULL{{end}}{{end}}

{{/* What questions read of an event. */}}
{{define "columns"}}
        e.organization_id,
        e.id,
        e.name,
        e.occurred_at,
        e.received_at,
        e.actor_kind,
        e.actor_value,
        e.developer_id,
        e.source_kind,
        e.tool,
        e.tool_version,
        e.machine,
        e.project,
        e.packages,
        e.session_id,
        e.properties,
        e.promoted_01,
        e.promoted_02,
        e.promoted_03,
        e.promoted_04,
        e.promoted_05,
        e.promoted_06,
        e.promoted_07,
        e.promoted_08,
        e.promoted_09,
        e.promoted_10,
        e.promoted_11,
        e.promoted_12,
        e.promoted_13,
        e.promoted_14,
        e.promoted_15,
        e.promoted_16,{{end}}

{{define "from"}}
{{- if and .Overrides .Moved}}
FROM (
    {{- if ne .Side "moved"}}
    SELECT
    {{- template "columns"}}
        e.developer_id AS owner_id
    FROM events AS e
    WHERE e.developer_id <> ALL ({{.Moved}}::uuid[])
    {{- end}}
    {{- if not .Side}}
    UNION ALL
    {{- end}}
    {{- if ne .Side "others"}}
    SELECT
    {{- template "columns"}}
        {{template "compared" .Compared}} AS owner_id
    FROM events AS e
    WHERE e.developer_id = ANY ({{.Moved}}::uuid[])
    {{- end}}
) AS e
{{- else}}
FROM events AS e{{end}}
{{- if and .Overrides (not .Moved) (not .Compared)}}
LEFT JOIN identity_overrides AS o
    ON o.organization_id = e.organization_id
    AND o.actor_kind = e.actor_kind
    AND o.actor_value = e.actor_value
    AND o.sequence > 0
    AND NOT o.folded{{end}}
{{- if .Packages}}
LEFT JOIN event_packages AS p
    ON p.organization_id = e.organization_id
    AND p.event_id = e.id
    AND p.leading_row
    AND p.occurred_at >= {{.Start}}::timestamptz
    AND p.occurred_at < {{.End}}::timestamptz{{end}}
{{- if .Document}}
CROSS JOIN LATERAL ({{template "document" "e"}}) AS j{{end}}
{{- with .Parts}}{{if .Developer}}
LEFT JOIN (
    SELECT
        d.developer_id
        {{- range $i, $key := .Keys}},
        {{template "text" $key}} AS part_{{$i}}{{end}}
    FROM developer_properties AS d
    CROSS JOIN LATERAL ({{template "document" "d"}}) AS j
    WHERE d.organization_id = @organization
) AS d
    ON d.developer_id = {{template "developer" $}}{{end}}{{end}}
{{- if .Kept}}
LEFT JOIN unnest({{.Kept}}::text[]) WITH ORDINALITY AS k (composite, place)
    ON k.composite = {{template "composite" .Parts}}{{end}}
{{- if .Cohorts}}
CROSS JOIN LATERAL (
    SELECT v.place
    FROM (
        VALUES
        {{- range $i, $cohort := .Cohorts}}{{if $i}},{{end}}
            ({{.Place}}::bigint, {{template "condition" .Member}}){{end}}
    ) AS v (place, member)
    WHERE v.member
) AS k{{end}}{{end}}

{{define "where"}}
WHERE e.organization_id = @organization
    AND e.occurred_at >= {{.Start}}::timestamptz
    AND e.occurred_at < {{.End}}::timestamptz
    {{- range .Where}}
    AND {{template "condition" .}}{{end}}{{end}}

{{/* The parts of a breakdown by properties. */}}
{{define "parts"}}
{{- range $i, $key := .Keys}}{{if $i}},
        {{end}}{{if $.Developer}}d.part_{{$i}}{{else}}{{template "text" $key}}{{end}} AS part_{{$i}}{{end}}{{end}}

{{/* All parts in one text. No text has a \x01 before an m or an s: see coded.go. */}}
{{define "composite"}}
{{- range $i, $key := .Keys}}{{if $i}} || E'\x01s' || {{end}}COALESCE({{if $.Developer}}d.part_{{$i}}{{else}}{{template "text" $key}}{{end}}, E'\x01m'){{end}}{{end}}
