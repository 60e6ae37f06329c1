SELECT
    project,
    path,
    newest.1 AS name,
    newest.2 AS packages,
    newest.3 AS properties
FROM (
    SELECT
        toString(project) AS project,
        {{- with index .Path 0}}
        if(startsWith(raw{{.N}}, '"') AND position(ifNull(text{{.N}}, ''), '\0') = 0, ifNull(text{{.N}}, ''), '') AS path,{{end}}
        argMax((toString(name), packages, properties), (occurred_at, UUIDToNum(id))) AS newest
    FROM (
        {{- template "levels" .Path}}
        SELECT
            e.project AS project,
            e.name AS name,
            e.packages AS packages,
            e.properties AS properties,
            e.occurred_at AS occurred_at,
            e.id AS id
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
        {{- template "levels_end" .Path}}
    )
    GROUP BY
        project,
        path
)
ORDER BY
    project,
    path
{{- template "by_key"}}
