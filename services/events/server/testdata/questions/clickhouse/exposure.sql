SELECT
    current_id,
    actor_kind,
    actor_value,
    max(current_id) AS owner,
    project,
    source_kind,
    tool,
    machine,
    version,
    min(occurred_at),
    max(occurred_at),
    countIf(leading_row) AS events,
    count() OVER (PARTITION BY grouping(current_id, actor_kind, project, source_kind, machine, version)) AS total
FROM event_packages
WHERE organization_id = {organization:UUID} AND package = 'pkg:npm/p100'
GROUP BY GROUPING SETS ((organization_id), (current_id), (actor_kind, actor_value), (project), (source_kind, tool), (machine), (version))
ORDER BY grouping(current_id, actor_kind, project, source_kind, machine, version) DESC, events DESC
LIMIT 100 BY grouping(current_id, actor_kind, project, source_kind, machine, version);
SELECT project, JSONExtractString(properties, 'path') AS path, argMax((name, packages, properties), (occurred_at, id))
FROM events
WHERE organization_id = {organization:UUID} AND name IN ('package.added', 'package.changed', 'package.removed')
    AND id IN (SELECT event_id FROM event_packages WHERE organization_id = {organization:UUID} AND package = 'pkg:npm/p100')
GROUP BY project, path
