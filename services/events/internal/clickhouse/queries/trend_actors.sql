{{/* Whom the events of one cell count for. */}}
SELECT DISTINCT toString(actor) AS name
FROM (
    SELECT {{template "actor" .Source}} AS actor
    FROM (
        {{- template "rows" .Source}}
    )
    {{- template "where" .Source}}
)
WHERE {{template "known" .Source}}
    {{- template "page" .}}
