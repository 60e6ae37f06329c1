SELECT
    project,
    source_kind,
    tool,
    name,
    countIf(occurred_at >= '2026-03-30') AS events,
    countIf(occurred_at < '2026-03-30'),
    countIf(occurred_at >= '2026-03-30' AND source_kind = 5),
    countIf(occurred_at < '2026-03-30' AND source_kind = 5),
    count() OVER (PARTITION BY grouping(source_kind, name, project)) AS total
FROM events
WHERE organization_id = {organization:UUID} AND occurred_at >= '2026-03-23' AND occurred_at < '2026-04-06'
GROUP BY GROUPING SETS ((organization_id), (source_kind, tool), (name), (project))
ORDER BY events DESC
LIMIT 10 BY grouping(source_kind, name, project);
SELECT uniqExactIf(current_id, occurred_at >= '2026-03-30'), uniqExactIf(current_id, occurred_at < '2026-03-30')
FROM events
WHERE organization_id = {organization:UUID} AND occurred_at >= '2026-03-23' AND occurred_at < '2026-04-06';
SELECT package, count() AS changes
FROM event_packages
WHERE organization_id = {organization:UUID} AND leading_row AND occurred_at >= '2026-03-30' AND occurred_at < '2026-04-06' AND event_id IN (
    SELECT id
    FROM events
    WHERE organization_id = {organization:UUID} AND name IN ('package.added', 'package.changed', 'package.removed')
        AND occurred_at >= '2026-03-30' AND occurred_at < '2026-04-06'
)
GROUP BY package
ORDER BY changes DESC
LIMIT 10
