{{/* Each connection has one; it is empty again after every transaction. It has our columns alone and none of their constraints:
     a column that a later build adds, not null, does not stand in the way of this one. */}}
CREATE TEMPORARY TABLE IF NOT EXISTS incoming
ON COMMIT DELETE ROWS AS
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
    properties,
    0 AS place
FROM events
WITH NO DATA
