{{/* Whom the events of the identities with pending overrides are stamped with, and how many identities and events those are: one more at most than is wanted. */}}
WITH pending AS (
    SELECT
        actor_kind,
        actor_value
    FROM identity_overrides
    WHERE organization_id = @organization
        AND sequence > 0
        AND NOT folded
    LIMIT @identities::bigint + 1
),
stamped AS (
    SELECT e.developer_id
    FROM pending AS o
    CROSS JOIN LATERAL (
        SELECT s.developer_id
        FROM events AS s
        WHERE s.organization_id = @organization
            AND s.actor_kind = o.actor_kind
            AND s.actor_value = o.actor_value
        ORDER BY s.occurred_at DESC
        LIMIT @events::bigint + 1
    ) AS e
    WHERE (SELECT count(*) FROM pending) <= @identities::bigint
    LIMIT @events::bigint + 1
)
SELECT
    (SELECT count(*) FROM pending),
    count(*),
    COALESCE(array_agg(DISTINCT developer_id), '{}')
FROM stamped
