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
FROM pg_temp.incoming
ORDER BY
    organization_id,
    id,
    place
ON CONFLICT (organization_id, id) DO NOTHING
{{- if .Returning}}
RETURNING id
{{- end}}
