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
    promoted_16,
    0 AS place
FROM events
WITH NO DATA
