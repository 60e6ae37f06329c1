{{/* The items of a kind, by name. Without bodies they are heads, of several kinds. */}}
SELECT
    kind,
    id,
    name,
    {{- if .Named}}
    '' AS description,
    ''::bytea AS body,
    {{- else}}
    description,
    body,
    {{- end}}
    uses,
    revision,
    created_at,
    updated_at
FROM catalog_items
WHERE organization_id = @organization
    AND kind = ANY (@kinds::bigint[])
    AND NOT gone
    {{- if .After}}
    AND (name, id) > (@after_name::text, @after_id::uuid){{end}}
ORDER BY kind, name, id
LIMIT @limit::bigint
