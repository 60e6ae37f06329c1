SELECT
    {{- template "listed_first" .}}
    {{template "developer" .}} AS developer_id,
    {{- template "listed_rest" .}}
FROM events AS e
{{- template "overrides" .}}
{{- template "matching" .}}
    {{- if .After}}
    AND (e.occurred_at, e.id) < (@after_time, @after_id){{end}}
ORDER BY e.occurred_at DESC, e.id DESC
LIMIT @limit
