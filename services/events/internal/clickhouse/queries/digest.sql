{{/* All lists in one pass. The dimension tells which keys a row is grouped by: 7 all together (its one key is constant), 3 tool, 5 name, 6 project. */}}
SELECT
    dimension,
    source_kind,
    tool,
    name,
    project,
    current,
    previous,
    current_developers,
    previous_developers,
    current_agents,
    previous_agents,
    total
FROM (
    SELECT
        *,
        count() OVER (PARTITION BY dimension) AS total,
        row_number() OVER (
            PARTITION BY dimension
            ORDER BY current DESC, previous DESC, source_kind, tool, name, project
        ) AS place
    FROM (
        SELECT
            grouping(source_kind, name, project) AS dimension,
            source_kind,
            tool,
            name,
            project,
            countIf(now) AS current,
            countIf(NOT now) AS previous,
            uniqExactIf(developer, now AND developer != toUUID('00000000-0000-0000-0000-000000000000')) AS current_developers,
            uniqExactIf(developer, NOT now AND developer != toUUID('00000000-0000-0000-0000-000000000000')) AS previous_developers,
            countIf(now AND agent) AS current_agents,
            countIf(NOT now AND agent) AS previous_agents
        FROM (
            SELECT
                e.organization_id AS organization_id,
                e.source_kind AS source_kind,
                toString(e.tool) AS tool,
                toString(e.name) AS name,
                toString(e.project) AS project,
                {{template "developer" .}} AS developer,
                e.occurred_at >= fromUnixTimestamp64Micro({middle:Int64}, 'UTC') AS now,
                e.source_kind = {agent:UInt8} AS agent
            FROM events AS e
            {{- template "overrides" .}}
            {{- template "matching" .}}
        )
        GROUP BY GROUPING SETS (
            (organization_id),
            (source_kind, tool),
            (name),
            (project)
        )
    )
    WHERE NOT (dimension = 6 AND project = '')
)
WHERE place <= {limit:UInt32}
ORDER BY
    dimension,
    place
