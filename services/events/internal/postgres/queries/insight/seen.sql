{{/* Each actor once in each bucket in which it was seen. */}}
{{define "seen"}}
        SELECT DISTINCT
            actor,
            bucket
        FROM (
            {{- range $i, $side := .Relation.Sides}}{{if $i}}
            UNION ALL{{end}}
            SELECT
                {{template "actor" $side}} AS actor,
                width_bucket(e.occurred_at, {{$.Buckets}}::timestamptz[]) AS bucket
            {{- template "from" $side}}
            {{- template "where" $side}}
            {{- end}}
        ) AS sides{{end}}
