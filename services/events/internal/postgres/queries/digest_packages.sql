WITH manifests AS (
    SELECT
        e.id,
        e.name
    FROM events AS e
    {{- template "overrides" .}}
    {{- template "matching" .}}
        AND e.name = ANY (@manifest_events)
)
SELECT
    p.package,
    count(*) FILTER (WHERE m.name = @added) AS added,
    count(*) FILTER (WHERE m.name = @changed) AS changed,
    count(*) FILTER (WHERE m.name = @removed) AS removed,
    count(*) OVER () AS total
FROM event_packages AS p
INNER JOIN manifests AS m
    ON m.id = p.event_id
WHERE p.organization_id = @organization
    AND p.occurred_at >= @start
    AND p.occurred_at < @end
    AND p.leading_row
GROUP BY p.package
ORDER BY
    count(*) DESC,
    p.package
LIMIT @limit
