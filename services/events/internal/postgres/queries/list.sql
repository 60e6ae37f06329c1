SELECT
    e.id,
    e.name,
    e.occurred_at,
    e.received_at,
    e.actor_kind,
    e.actor_value,
    {{template "developer" .}} AS developer_id,
    e.source_kind,
    e.tool,
    e.tool_version,
    e.machine,
    e.project,
    e.packages,
    e.session_id,
    e.properties
FROM events AS e
{{- template "overrides" .}}
{{- template "matching" .}}
    {{- if .After}}
    AND (e.occurred_at, e.id) < (@after_time, @after_id){{end}}
ORDER BY e.occurred_at DESC, e.id DESC
LIMIT @limit
