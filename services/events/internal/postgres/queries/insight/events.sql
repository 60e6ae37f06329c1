{{/* The events themselves, newest first. */}}
SELECT
    e.id,
    e.name,
    e.occurred_at,
    e.received_at,
    e.actor_kind,
    e.actor_value,
    {{template "developer" .Relation}} AS developer_id,
    e.source_kind,
    e.tool,
    e.tool_version,
    e.machine,
    e.project,
    e.packages,
    e.session_id,
    e.properties
{{- template "from" .Relation}}
{{- template "where" .Relation}}
    {{- if .AfterTime}}
    AND (e.occurred_at, e.id) < ({{.AfterTime}}::timestamptz, {{.AfterID}}::uuid){{end}}
ORDER BY
    e.occurred_at DESC,
    e.id DESC
LIMIT {{.Maximum}}::bigint
