{{/* Who is what in a bucket. */}}
SELECT toString(actor) AS name
FROM (
    {{- template "statuses" .}}
)
WHERE bucket = {{.Bucket}}
    AND is = {{.Status}}
    {{- template "page" .}}
