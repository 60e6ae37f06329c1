{{/* A zero character, which Postgres reads in no JSON, is read as U+E000; a path that has one names no file. */}}
SELECT DISTINCT ON (project, path)
    project,
    path,
    name,
    packages,
    properties
FROM (
    SELECT
        e.project,
        CASE
            WHEN json_typeof(j.properties -> 'path') <> 'string' THEN ''
            WHEN j.zero AND strpos(j.properties ->> 'path', U&'\E000') > 0 THEN ''
            ELSE coalesce(j.properties ->> 'path', '')
        END COLLATE "C" AS path,
        e.name,
        e.packages,
        e.properties,
        e.occurred_at,
        e.id
    FROM events AS e
    CROSS JOIN LATERAL (
        SELECT
            strpos(e.properties, '\u0000') > 0 AS zero,
            CASE
                WHEN strpos(e.properties, '\u0000') > 0
                    THEN regexp_replace(e.properties, '(?<!\\)((?:\\\\)*)\\u0000', '\1\ue000', 'g')
                ELSE e.properties
            END::json AS properties
    ) AS j
    WHERE e.organization_id = @organization
        AND e.name = ANY (@names)
        AND e.project = ANY (@projects)
        AND e.id IN (
            SELECT event_id
            FROM event_packages
            WHERE organization_id = @organization
                AND package = @package
                AND project = ANY (@projects)
        )
) AS changes
ORDER BY
    project,
    path,
    occurred_at DESC,
    id DESC
