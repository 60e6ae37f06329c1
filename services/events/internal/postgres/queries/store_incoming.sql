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
    properties,
    promoted_01,
    promoted_02,
    promoted_03,
    promoted_04,
    promoted_05,
    promoted_06,
    promoted_07,
    promoted_08,
    promoted_09,
    promoted_10,
    promoted_11,
    promoted_12,
    promoted_13,
    promoted_14,
    promoted_15,
    promoted_16
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
    i.properties,
    i.promoted_01,
    i.promoted_02,
    i.promoted_03,
    i.promoted_04,
    i.promoted_05,
    i.promoted_06,
    i.promoted_07,
    i.promoted_08,
    i.promoted_09,
    i.promoted_10,
    i.promoted_11,
    i.promoted_12,
    i.promoted_13,
    i.promoted_14,
    i.promoted_15,
    i.promoted_16
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
