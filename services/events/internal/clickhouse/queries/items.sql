{{/* The items of kinds, by name. Without bodies they are heads. Named is one of them. */}}
SELECT
    kind,
    id,
    name,
    {{- if .Versioned}}
    '' AS description,
    '' AS body,
    {{- else}}
    description,
    body,
    {{- end}}
    uses,
    revision,
    created_at,
    updated_at
FROM catalog_items FINAL
WHERE organization_id = {organization:UUID}
    AND kind IN {kinds:Array(UInt8)}
    {{- if .Named}}
    AND id = {id:UUID}{{end}}
    AND gone = 0
    {{- if .After}}
    AND (name, UUIDToNum(id)) > ({after_name:String}, UUIDToNum({after_id:UUID})){{end}}
ORDER BY kind, name, UUIDToNum(id)
LIMIT {limit:UInt32}
