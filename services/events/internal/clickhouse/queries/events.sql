{{/* The places of a page of the events that a question sees; the rows themselves are read by list_rows.sql. */}}
SELECT
    at,
    id
FROM (
    {{- template "rows" .Source}}
)
{{- template "where" .Source}}
    {{- if .AfterTime}}
    AND (at, UUIDToNum(id)) < ({{.AfterTime}}, UUIDToNum({{.AfterID}})){{end}}
ORDER BY at DESC, UUIDToNum(id) DESC
LIMIT {{.Limit}}
