{{/* The rows at the places of a page. Their times let the server pass over the days on which the page has none: those of somebody who did little lie far apart. */ -}}
SELECT
    e.id,
    e.name,
    e.occurred_at,
    e.received_at,
    e.actor_kind,
    e.actor_value,
    {{template "developer" .}} AS developer,
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
PREWHERE e.id IN {ids:Array(UUID)}
WHERE e.organization_id = {organization:UUID}
    AND e.occurred_at IN (
        SELECT fromUnixTimestamp64Micro(arrayJoin({times:Array(Int64)}), 'UTC')
    )
ORDER BY e.occurred_at DESC, UUIDToNum(e.id) DESC
{{- template "by_key"}}
