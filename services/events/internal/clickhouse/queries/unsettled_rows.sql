{{/* The events of a block's partition whose packages are missing. An id is an event's within its organization only, and a block has events of many. */ -}}
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
    AND (organization_id, id) NOT IN (
        SELECT
            organization_id,
            event_id
        FROM event_packages
        WHERE block_id = {block:UInt64}
            AND toYear(occurred_at) = {year:UInt16}
    )
ORDER BY UUIDToNum(id)
