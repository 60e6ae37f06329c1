{{/* All lists in one pass. The dimension tells which keys a row is grouped by: 7 all together, 3 tool, 5 name, 6 project. What is all together is first
     grouped by developer, so that developers are counted there without being kept for every row of the other lists. */}}
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
            dimension,
            source_kind,
            tool,
            name,
            project,
            sum(now_count) AS current,
            sum(before_count) AS previous,
            countIf(now_count > 0 AND developer != toUUID('00000000-0000-0000-0000-000000000000')) AS current_developers,
            countIf(before_count > 0 AND developer != toUUID('00000000-0000-0000-0000-000000000000')) AS previous_developers,
            sum(now_agents) AS current_agents,
            sum(before_agents) AS previous_agents
        FROM (
            SELECT
                grouping(source_kind, name, project) AS dimension,
                developer,
                source_kind,
                tool,
                name,
                project,
                countIf(now) AS now_count,
                countIf(NOT now) AS before_count,
                countIf(now AND agent) AS now_agents,
                countIf(NOT now AND agent) AS before_agents
            FROM (
                SELECT
                    e.source_kind AS source_kind,
                    e.tool AS tool,
                    e.name AS name,
                    e.project AS project,
                    {{template "developer" .}} AS developer,
                    e.occurred_at >= fromUnixTimestamp64Micro({middle:Int64}, 'UTC') AS now,
                    e.source_kind = {agent:UInt8} AS agent
                FROM events AS e
                {{- template "overrides" .}}
                {{- template "matching" .}}
            )
            GROUP BY GROUPING SETS (
                (developer),
                (source_kind, tool),
                (name),
                (project)
            )
        )
        GROUP BY
            dimension,
            source_kind,
            tool,
            name,
            project
    )
    WHERE NOT (dimension = 6 AND project = '')
)
WHERE place <= {limit:UInt32}
ORDER BY
    dimension,
    place
{{- if not .Filter.DeveloperIDs}}{{template "by_key"}}{{end}}
