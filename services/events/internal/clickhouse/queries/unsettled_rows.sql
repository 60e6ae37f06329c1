SELECT
    organization_id,
    id,
    occurred_at,
    actor_kind,
    actor_value,
    current_id,
    source_kind,
    tool,
    machine,
    project,
    packages
FROM events
WHERE block_id = {block:UInt64}
    AND toYear(occurred_at) = {year:UInt16}
    AND package_rows > 0
    AND id NOT IN (
        SELECT event_id
        FROM event_packages
        WHERE block_id = {block:UInt64}
    )
ORDER BY UUIDToNum(id)
