INSERT INTO event_packages (
    organization_id, package, version, leading_row, event_id, developer_id, actor_kind, actor_value, occurred_at, source_kind, tool, machine, project
)
SELECT
    organization_id, split_part(packages[1], '@', 1), split_part(packages[1], '@', 2), true, id, developer_id, actor_kind, actor_value, occurred_at,
    source_kind, tool, machine, project
FROM events
WHERE packages <> '{}'
