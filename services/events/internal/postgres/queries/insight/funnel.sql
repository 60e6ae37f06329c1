{{/* How many actors reach each step of a funnel in order. A step is reached by an event from the latest start that reached the step before at an earlier time:
     of two starts the later one has more of its window left, so no other needs to be known. Each level adds the start of one step; all have the same
     order, which the events are brought into once. */}}
SELECT
    {{- range $i, $level := .Levels}}{{if $i}},{{end}}
    count(*) FILTER (WHERE reached_{{$i}}){{end}}
FROM (
    SELECT
        actor
        {{- range $i, $level := .Levels}},
        bool_or({{if $i}}start_{{$i}} IS NOT NULL{{else}}step_0{{end}}) AS reached_{{$i}}{{end}}
    FROM {{template "funnel_level" .Last}}
    GROUP BY actor
) AS acting
{{define "funnel_level"}}
{{- if .Before}}(
    SELECT
        *,
        CASE
            WHEN step_{{.Step}} AND occurred_at <= latest_{{.Step}} + {{.Window}}::interval THEN latest_{{.Step}}
        END AS start_{{.Step}}
    FROM (
        SELECT
            *,
            max({{if .Before.Before}}start_{{.Before.Step}}{{else}}CASE WHEN step_0 THEN occurred_at END{{end}}) OVER (
                PARTITION BY actor
                ORDER BY occurred_at
                GROUPS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
            ) AS latest_{{.Step}}
        FROM {{template "funnel_level" .Before}}
    ) AS looking_{{.Step}}
) AS level_{{.Step}}
{{- else}}(
    SELECT
        {{template "actor" .Relation}} AS actor,
        e.occurred_at
        {{- range $i, $matcher := .Matchers}},
        {{template "condition" $matcher}} AS step_{{$i}}{{end}}
    {{- template "from" .Relation}}
    {{- template "where" .Relation}}
) AS level_0{{end}}{{end}}
