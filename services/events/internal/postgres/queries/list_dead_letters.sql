SELECT
    id,
    name,
    received_at,
    failed_at,
    reason,
    message,
    payload
FROM dead_letters
WHERE organization_id = @organization
    {{- if .After}}
    AND (failed_at, id) < (@after_time, @after_id){{end}}
    {{- if .Named}}
    AND id = @id{{end}}
ORDER BY failed_at DESC, id DESC
LIMIT @limit
