{{/* The page of a developer with whose events overrides are pending: the newest stamped with each of those whom they may be stamped with come from an index in
     the order of their times, and the newest of all are the page. Those of one time come all, so that only the page itself is sorted by ids. */}}
SELECT newest.*
FROM unnest(@stamps::uuid[]) AS s (stamp)
CROSS JOIN LATERAL (
    SELECT
        {{- template "listed_first" .}}
        @developer::uuid AS developer_id,
        {{- template "listed_rest" .}}
    FROM events AS e
    {{- template "overrides" .}}
    WHERE e.organization_id = @organization
        AND e.developer_id = s.stamp
        AND {{template "developer" .}} = @developer::uuid
        AND e.occurred_at >= @start
        AND e.occurred_at < @end
    {{- template "matching_else" .}}
    {{- if .After}}
    AND (e.occurred_at, e.id) < (@after_time, @after_id){{end}}
    ORDER BY e.occurred_at DESC
    FETCH FIRST (@limit) ROWS WITH TIES
) AS newest
ORDER BY newest.occurred_at DESC, newest.id DESC
LIMIT @limit
