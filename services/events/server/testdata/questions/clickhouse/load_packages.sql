INSERT INTO event_packages (
    organization_id, package, version, leading_row, event_id, developer_id, actor_kind, actor_value, occurred_at, source_kind, tool, machine, project, block_id
)
SELECT
    organization_id,
    splitByChar('@', packages[1])[1] AS package,
    splitByChar('@', packages[1])[2] AS version,
    true AS leading_row,
    id AS event_id,
    developer_id,
    actor_kind,
    actor_value,
    occurred_at,
    source_kind,
    tool,
    machine,
    project,
    block_id
FROM events
WHERE package_rows > 0
