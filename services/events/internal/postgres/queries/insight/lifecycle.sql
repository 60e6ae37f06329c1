{{/* The buckets in which each actor was active, all time before the one before the first being bucket 0 and that one being 1. Whoever has no earlier one is new. */}}
{{define "lifecycle_steps"}}
    SELECT
        actor,
        bucket,
        lag(bucket) OVER steps AS previous,
        lead(bucket) OVER steps AS following
    FROM ({{template "seen" .}}
    ) AS seen
    WINDOW steps AS (
        PARTITION BY actor
        ORDER BY bucket
    ){{end}}
SELECT
    bucket,
    count(*) FILTER (WHERE previous IS NULL) AS new_actors,
    count(*) FILTER (WHERE previous = bucket - 1) AS returning_actors,
    count(*) FILTER (WHERE previous < bucket - 1) AS resurrecting_actors,
    count(*) FILTER (WHERE following IS DISTINCT FROM bucket + 1) AS leaving_actors
FROM ({{template "lifecycle_steps" .}}
) AS active
WHERE bucket > 0
GROUP BY bucket
