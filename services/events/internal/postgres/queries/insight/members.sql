{{/* A page of the members of a cohort, of all developers that have an event or properties. The conditions look at e, as at an event. */}}
SELECT e.developer_id::text COLLATE "C" AS actor
FROM (
    SELECT {{template "developer" .Known}} AS developer_id
    {{- template "from" .Known}}
    {{- template "where" .Known}}
    UNION
    SELECT developer_id
    FROM developer_properties
    WHERE organization_id = @organization
        AND properties <> '{}'
) AS e
WHERE {{template "condition" .Member}}
    AND e.developer_id::text COLLATE "C" > {{.After}}::text
ORDER BY actor
LIMIT {{.Limit}}::bigint
