{{/* Which of some ids are there. An id that a block has brought itself is its own, even if another process has brought it too. */ -}}
SELECT id
FROM events
WHERE organization_id = {of:UUID}
    AND id IN {ids:Array(UUID)}
{{- if .Except}}
GROUP BY id
HAVING countIf(block_id = {block:UInt64}) = 0
{{- end}}
