{{define "active_buckets"}}
    SELECT
        actor,
        count(*) AS active
    FROM ({{template "seen" .}}
    ) AS seen
    GROUP BY actor{{end}}
SELECT
    active,
    count(*) AS actors
FROM ({{template "active_buckets" .}}
) AS acting
GROUP BY active
