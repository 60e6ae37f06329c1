{{/* A page of the actors of events. */}}
SELECT DISTINCT actor
FROM (
    SELECT {{template "actor" .Relation}}::text COLLATE "C" AS actor
    {{- template "from" .Relation}}
    {{- template "where" .Relation}}
) AS acting
WHERE actor > {{.After}}::text
ORDER BY actor
LIMIT {{.Limit}}::bigint
