SELECT actor::text COLLATE "C" AS actor
FROM ({{template "active_buckets" .}}
) AS acting
WHERE active = {{.Active}}::bigint
    AND actor::text COLLATE "C" > {{.After}}::text
ORDER BY 1
LIMIT {{.Limit}}::bigint
