{{/* The events of each bucket, counted bucket by bucket where an index has them in the order of their times: no event is looked at but to be counted.
     Bucket 0 is the whole range. */}}
SELECT
    1::bigint AS place,
    COALESCE(bucket, 0)::int AS bucket,
    sum(events)::float8 AS value,
    0::float8 AS great,
    0::bigint AS numbers
FROM (
    SELECT
        u.bucket,
        greatest(u.began, {{.Relation.Start}}::timestamptz) AS began,
        lead(u.began, 1, {{.Relation.End}}::timestamptz) OVER (ORDER BY u.bucket) AS ended
    FROM unnest({{.Buckets}}::timestamptz[]) WITH ORDINALITY AS u (began, bucket)
) AS b
CROSS JOIN LATERAL (
    SELECT count(*) AS events
    FROM events AS e
    WHERE e.organization_id = @organization
        AND e.occurred_at >= b.began
        AND e.occurred_at < b.ended
        {{- range .Relation.Where}}
        AND {{template "condition" .}}{{end}}
) AS counted
GROUP BY GROUPING SETS ((), (bucket))
