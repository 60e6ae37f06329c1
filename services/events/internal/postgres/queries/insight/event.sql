{{/* Parts that tell which events a question sees. The data is a relation. */}}

{{define "developer"}}
{{- if not .Overrides}}e.developer_id
{{- else if .Moved}}e.owner_id
{{- else}}COALESCE(o.developer_id, e.developer_id){{end}}{{end}}

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
        s.organization_id,
        s.id,
        s.name,
        s.occurred_at,
        s.received_at,
        s.actor_kind,
        s.actor_value,
        s.developer_id,
        s.source_kind,
        s.tool,
        s.tool_version,
        s.machine,
        s.project,
        s.packages,
        s.session_id,
        s.properties,
        s.promoted_01,
        s.promoted_02,
        s.promoted_03,
        s.promoted_04,
        s.promoted_05,
        s.promoted_06,
        s.promoted_07,
        s.promoted_08,
        s.promoted_09,
        s.promoted_10,
        s.promoted_11,
        s.promoted_12,
        s.promoted_13,
        s.promoted_14,
        s.promoted_15,
        s.promoted_16,{{end}}

{{/* The overrides that a statement brings along. */}}
{{define "known"}}unnest({{.Kinds}}::smallint[], {{.Values}}::text[], {{.Owners}}::uuid[]) AS o (actor_kind, actor_value, developer_id){{end}}

{{define "from"}}
{{- if and .Overrides .Moved}}
FROM (
    SELECT
    {{- template "columns"}}
        s.developer_id AS owner_id
    FROM events AS s
    WHERE s.developer_id <> ALL ({{.Moved}}::uuid[])
    UNION ALL
    SELECT
    {{- template "columns"}}
        COALESCE(o.developer_id, s.developer_id) AS owner_id
    FROM events AS s
    LEFT JOIN {{template "known" .}}
        ON o.actor_kind = s.actor_kind
        AND o.actor_value = s.actor_value
    WHERE s.developer_id = ANY ({{.Moved}}::uuid[])
) AS e
{{- else}}
FROM events AS e{{end}}
{{- if and .Overrides (not .Moved)}}{{if .Kinds}}
LEFT JOIN {{template "known" .}}
    ON o.actor_kind = e.actor_kind
    AND o.actor_value = e.actor_value{{else}}
LEFT JOIN identity_overrides AS o
    ON o.organization_id = e.organization_id
    AND o.actor_kind = e.actor_kind
    AND o.actor_value = e.actor_value
    AND o.sequence > 0
    AND NOT o.folded{{end}}{{end}}
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
