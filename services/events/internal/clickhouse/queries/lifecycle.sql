{{/* How many actors are what in each bucket. */}}
SELECT
    toInt64(bucket) AS bucket_number,
    toInt64(is) AS status,
    count() AS actors
FROM (
    {{- template "statuses" .}}
)
GROUP BY bucket_number, status
