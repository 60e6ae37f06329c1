SELECT
    e.id,
    e.name,
    e.occurred_at,
    {{- if .Basic}}{{else}}
    e.received_at,
    e.actor_kind,
    e.actor_value,{{end}}
    {{template "developer" .}} AS developer_id,
    {{- if .Basic}}{{else}}
    e.source_kind,
    e.tool,
    e.tool_version,
    e.machine,{{end}}
    e.project
    {{- if .Basic}}{{else}},
    e.packages,
    e.session_id,
    e.properties{{end}}
FROM events AS e
{{- template "overrides" .}}
{{- template "matching" .}}
    {{- if .After}}
    AND (e.occurred_at, e.id) < (@after_time, @after_id){{end}}
ORDER BY e.occurred_at DESC, e.id DESC
LIMIT @limit
