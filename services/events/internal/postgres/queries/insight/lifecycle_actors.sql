SELECT actor::text COLLATE "C" AS actor
FROM ({{template "lifecycle_steps" .}}
) AS active
WHERE
    {{- if .New}} bucket = {{.Bucket}}::bigint AND previous IS NULL
    {{- else if .Returning}} bucket = {{.Bucket}}::bigint AND previous = bucket - 1
    {{- else if .Resurrecting}} bucket = {{.Bucket}}::bigint AND previous < bucket - 1
    {{- else}} bucket = {{.Bucket}}::bigint - 1 AND following IS DISTINCT FROM bucket + 1{{end}}
    AND actor::text COLLATE "C" > {{.After}}::text
ORDER BY 1
LIMIT {{.Limit}}::bigint
