{{/* A page of the members of a cohort, of all developers that have an event or properties. */}}
SELECT toString(developer) AS name
FROM (
    SELECT DISTINCT {{template "developer" .}} AS developer
    FROM events AS e
    {{- template "overrides" .}}
    WHERE e.organization_id = {organization:UUID}
    UNION DISTINCT
    SELECT developer_id AS developer
    FROM developer_properties
    WHERE organization_id = {organization:UUID}
    GROUP BY developer_id
    HAVING argMax(properties, revision) != '{}'
)
WHERE {{template "member" .Member}}
    {{- template "page" .}}
