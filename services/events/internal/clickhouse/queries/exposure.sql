{{/* All lists in one pass, so that they agree while events come in. The dimension tells which keys a row is grouped by:
     63 all together (its one key is constant), 31 developer, 47 actor, 55 project, 59 tool, 61 machine, 62 version. What is all together comes first. */}}
SELECT
    dimension,
    developer,
    actor_kind,
    actor_value,
    owner,
    project,
    source_kind,
    tool,
    machine,
    version,
    first_seen,
    last_seen,
    event_count,
    total
FROM (
    SELECT
        *,
        count() OVER (PARTITION BY dimension) AS total,
        row_number() OVER (
            PARTITION BY dimension
            ORDER BY event_count DESC, UUIDToNum(developer), actor_kind, actor_value, project, source_kind, tool, machine, version
        ) AS place
    FROM (
        SELECT
            grouping(developer, actor_kind, project, source_kind, machine, version) AS dimension,
            developer,
            actor_kind,
            actor_value,
            max(UUIDToNum(developer)) AS owner,
            project,
            source_kind,
            tool,
            machine,
            version,
            min(occurred_at) AS first_seen,
            max(occurred_at) AS last_seen,
            if(dimension = 62, count(), countIf(counts)) AS event_count
        FROM (
            SELECT
                e.organization_id AS organization_id,
                {{template "developer" .}} AS developer,
                e.actor_kind AS actor_kind,
                e.actor_value AS actor_value,
                toString(e.project) AS project,
                e.source_kind AS source_kind,
                toString(e.tool) AS tool,
                e.machine AS machine,
                e.version AS version,
                e.occurred_at AS occurred_at,
                {{if .Versioned}}row_number() OVER (PARTITION BY e.event_id ORDER BY e.version) = 1{{else}}e.leading_row{{end}} AS counts
            FROM event_packages AS e
            {{- template "overrides" .}}
            WHERE e.organization_id = {organization:UUID}
                AND e.package = {package:String}
                {{- if .Versioned}}
                AND e.version IN {versions:Array(String)}{{end}}
                {{- if not .Always}}
                AND e.occurred_at >= fromUnixTimestamp64Micro({start:Int64}, 'UTC')
                AND e.occurred_at < fromUnixTimestamp64Micro({end:Int64}, 'UTC'){{end}}
        )
        GROUP BY GROUPING SETS (
            (organization_id),
            (developer),
            (actor_kind, actor_value),
            (project),
            (source_kind, tool),
            (machine),
            (version)
        )
    )
    WHERE NOT (dimension = 31 AND developer = toUUID('00000000-0000-0000-0000-000000000000'))
        AND NOT (dimension = 47 AND actor_kind = 0)
        AND NOT (dimension = 55 AND project = '')
        AND NOT (dimension = 61 AND machine = '')
)
WHERE place <= {limit:UInt32}
ORDER BY dimension DESC, place
