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
WHERE e.organization_id = {organization:UUID}
    AND e.occurred_at >= fromUnixTimestamp64Micro({oldest:Int64}, 'UTC')
    AND e.occurred_at <= fromUnixTimestamp64Micro({newest:Int64}, 'UTC')
    AND e.id IN {ids:Array(UUID)}
ORDER BY e.occurred_at DESC, UUIDToNum(e.id) DESC
{{- template "by_key"}}
