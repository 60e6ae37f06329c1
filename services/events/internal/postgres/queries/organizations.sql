{{/* One step in the index for each organization, not one for each event. */}}
WITH RECURSIVE found AS (
    (
        SELECT organization_id
        FROM events
        ORDER BY organization_id
        LIMIT 1
    )
    UNION ALL
    SELECT (
        SELECT e.organization_id
        FROM events AS e
        WHERE e.organization_id > found.organization_id
        ORDER BY e.organization_id
        LIMIT 1
    )
    FROM found
    WHERE found.organization_id IS NOT NULL
)
SELECT organization_id
FROM found
WHERE organization_id IS NOT NULL
