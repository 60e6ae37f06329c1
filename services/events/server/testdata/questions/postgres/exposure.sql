SELECT developer_id, project, source_kind, tool, machine, version, min(occurred_at), max(occurred_at), count(*)
FROM event_packages
WHERE organization_id = $1 AND package = 'pkg:npm/p100'
GROUP BY GROUPING SETS ((), (developer_id), (project), (source_kind, tool), (machine), (version))
ORDER BY count(*) DESC
LIMIT 600
