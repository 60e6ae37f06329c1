SELECT id
FROM events
WHERE organization_id = {organization:UUID}
    AND id IN {ids:Array(UUID)}
{{- if .Except}}
    AND block_id != {block:UInt64}
{{- end}}
