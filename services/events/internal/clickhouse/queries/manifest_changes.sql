SELECT
    project,
    path,
    newest.1 AS name,
    newest.2 AS packages,
    newest.3 AS properties
FROM (
    SELECT
        toString(e.project) AS project,
        if(
            JSONType(e.properties, 'path') = 'String' AND position(JSONExtractString(e.properties, 'path'), '\0') = 0,
            JSONExtractString(e.properties, 'path'),
            ''
        ) AS path,
        argMax((toString(e.name), e.packages, e.properties), (e.occurred_at, UUIDToNum(e.id))) AS newest
    FROM events AS e
    WHERE e.organization_id = {organization:UUID}
        AND e.name IN {names:Array(String)}
        AND e.project IN {projects:Array(String)}
        AND e.id IN (
            SELECT event_id
            FROM event_packages
            WHERE organization_id = {organization:UUID}
                AND package = {package:String}
                AND project IN {projects:Array(String)}
        )
    GROUP BY
        project,
        path
)
ORDER BY
    project,
    path
{{- template "by_key"}}
