{{/* All lists in one pass, so that they agree. The dimension tells which keys a row is grouped by:
     63 all together, 31 developer, 47 actor, 55 project, 59 tool, 61 machine, 62 version. What is all together comes first. */}}
WITH seen AS (
    SELECT
        {{template "developer" .}} AS developer,
        e.actor_kind,
        e.actor_value,
        e.project,
        e.source_kind,
        e.tool,
        e.machine,
        e.version,
        e.occurred_at,
        {{if .Versioned}}row_number() OVER (PARTITION BY e.event_id ORDER BY e.version) = 1{{else}}e.leading_row{{end}} AS counts
    FROM event_packages AS e
    {{- template "overrides" .}}
    WHERE e.organization_id = @organization
        AND e.package = @package
        {{- if .Versioned}}
        AND e.version = ANY (@versions){{end}}
        AND e.occurred_at >= @start
        AND e.occurred_at < @end
),
grouped AS (
    SELECT
        GROUPING(developer, actor_kind, project, source_kind, machine, version) AS dimension,
        developer,
        actor_kind,
        actor_value,
        max(developer::text)::uuid AS owner,
        project,
        source_kind,
        tool,
        machine,
        version,
        min(occurred_at) AS first_seen,
        max(occurred_at) AS last_seen,
        CASE
            WHEN GROUPING(version) = 0 THEN count(*)
            ELSE count(*) FILTER (WHERE counts)
        END AS event_count
    FROM seen
    GROUP BY GROUPING SETS (
        (),
        (developer),
        (actor_kind, actor_value),
        (project),
        (source_kind, tool),
        (machine),
        (version)
    )
),
ranked AS (
    SELECT
        *,
        count(*) OVER (PARTITION BY dimension) AS total,
        row_number() OVER (
            PARTITION BY dimension
            ORDER BY event_count DESC, developer, actor_kind, actor_value, project, source_kind, tool, machine, version
        ) AS place
    FROM grouped
    WHERE event_count > 0
        AND NOT (dimension = 31 AND developer = '00000000-0000-0000-0000-000000000000')
        AND NOT (dimension = 47 AND actor_kind = 0)
        AND NOT (dimension = 55 AND project = '')
        AND NOT (dimension = 61 AND machine = '')
)
SELECT
    dimension,
    COALESCE(developer, '00000000-0000-0000-0000-000000000000'),
    COALESCE(actor_kind, 0),
    COALESCE(actor_value, ''),
    owner,
    COALESCE(project, ''),
    COALESCE(source_kind, 0),
    COALESCE(tool, ''),
    COALESCE(machine, ''),
    COALESCE(version, ''),
    first_seen,
    last_seen,
    event_count,
    total
FROM ranked
WHERE place <= @limit
ORDER BY dimension DESC, place
