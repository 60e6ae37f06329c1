{{/* An event gets the developer whom its identity was reassigned to, since no question looks up one that is folded. */}}
{{/* In the order of ids, so that two batches with common ids wait for each other and never in a circle. */}}
INSERT INTO events (
    organization_id,
    id,
    name,
    occurred_at,
    received_at,
    actor_kind,
    actor_value,
    developer_id,
    source_kind,
    tool,
    tool_version,
    machine,
    project,
    packages,
    session_id,
    properties
)
SELECT
    i.organization_id,
    i.id,
    i.name,
    i.occurred_at,
    i.received_at,
    i.actor_kind,
    i.actor_value,
    COALESCE(o.developer_id, i.developer_id),
    i.source_kind,
    i.tool,
    i.tool_version,
    i.machine,
    i.project,
    i.packages,
    i.session_id,
    i.properties
FROM pg_temp.incoming AS i
LEFT JOIN identity_overrides AS o
    ON o.organization_id = i.organization_id
    AND o.actor_kind = i.actor_kind
    AND o.actor_value = i.actor_value
    AND o.sequence > 0
ORDER BY
    i.organization_id,
    i.id,
    i.place
ON CONFLICT (organization_id, id) DO NOTHING
{{- if .Returning}}
RETURNING id
{{- end}}
