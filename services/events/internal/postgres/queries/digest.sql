{{/* All lists in one pass. The dimension tells which keys a row is grouped by: 7 all together, 3 tool, 5 name, 6 project. */}}
WITH matching AS (
    SELECT
        e.source_kind,
        e.tool,
        e.name,
        e.project,
        {{template "developer" .}} AS developer,
        e.occurred_at >= @middle AS now
    FROM events AS e
    {{- template "overrides" .}}
    {{- template "matching" .}}
),
grouped AS (
    SELECT
        GROUPING(source_kind, name, project) AS dimension,
        source_kind,
        tool,
        name,
        project,
        count(*) FILTER (WHERE now) AS current,
        count(*) FILTER (WHERE NOT now) AS previous,
        count(DISTINCT developer) FILTER (WHERE now AND developer <> '00000000-0000-0000-0000-000000000000') AS current_developers,
        count(DISTINCT developer) FILTER (WHERE NOT now AND developer <> '00000000-0000-0000-0000-000000000000') AS previous_developers,
        count(*) FILTER (WHERE now AND source_kind = @agent) AS current_agents,
        count(*) FILTER (WHERE NOT now AND source_kind = @agent) AS previous_agents
    FROM matching
    GROUP BY GROUPING SETS (
        (),
        (source_kind, tool),
        (name),
        (project)
    )
),
ranked AS (
    SELECT
        *,
        count(*) OVER (PARTITION BY dimension) AS total,
        row_number() OVER (
            PARTITION BY dimension
            ORDER BY current DESC, previous DESC, source_kind, tool, name, project
        ) AS place
    FROM grouped
    WHERE NOT (dimension = 6 AND project = '')
)
SELECT
    dimension,
    COALESCE(source_kind, 0),
    COALESCE(tool, ''),
    COALESCE(name, ''),
    COALESCE(project, ''),
    current,
    previous,
    current_developers,
    previous_developers,
    current_agents,
    previous_agents,
    total
FROM ranked
WHERE place <= @limit
ORDER BY
    dimension,
    place
