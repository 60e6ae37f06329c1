{{define "active_buckets"}}
    SELECT
        actor,
        count(*) AS active
    FROM (
        SELECT DISTINCT
            {{template "actor" .Relation}} AS actor,
            width_bucket(e.occurred_at, {{.Buckets}}::timestamptz[]) AS bucket
        {{- template "from" .Relation}}
        {{- template "where" .Relation}}
    ) AS seen
    GROUP BY actor{{end}}
SELECT
    active,
    count(*) AS actors
FROM ({{template "active_buckets" .}}
) AS acting
GROUP BY active
