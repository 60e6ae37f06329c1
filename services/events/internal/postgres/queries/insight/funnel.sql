{{/* How many actors reach each step of a funnel in order. A step is reached by an event from the latest start that reached the step before at an earlier time:
     of two starts the later one has more of its window left, so no other needs to be known. Each level adds the start of one step; all have the same
     order, which the events are brought into once.
     Where no event matches two steps the order among equal times is that of the steps backwards: what comes before an event in it is then earlier or of no
     use to the event, so a frame of rows does, which costs half of what one of groups does. OFFSET 0 has the steps of an event told once and not at each level. */}}
SELECT
    {{- range $i, $level := .Levels}}{{if $i}},{{end}}
    count(*) FILTER (WHERE reached_{{$i}}){{end}}
FROM (
    SELECT
        actor
        {{- range $i, $level := .Levels}},
        bool_or({{if $i}}start_{{$i}} IS NOT NULL{{else}}{{template "funnel_step" $level}}{{end}}) AS reached_{{$i}}{{end}}
    FROM {{template "funnel_level" .Last}}
    GROUP BY actor
) AS acting
{{define "funnel_step"}}{{if .Apart}}place = {{.Step}}{{else}}step_{{.Step}}{{end}}{{end}}
{{define "funnel_level"}}
{{- if .Before}}(
    SELECT
        *,
        CASE
            WHEN {{template "funnel_step" .}} AND occurred_at <= latest_{{.Step}} + {{.Window}}::interval THEN latest_{{.Step}}
        END AS start_{{.Step}}
    FROM (
        SELECT
            *,
            max({{if .Before.Before}}start_{{.Before.Step}}{{else}}CASE WHEN {{template "funnel_step" .Before}} THEN occurred_at END{{end}}) OVER (
                PARTITION BY actor
                {{- if .Apart}}
                ORDER BY
                    occurred_at,
                    place DESC
                ROWS UNBOUNDED PRECEDING
                {{- else}}
                ORDER BY occurred_at
                GROUPS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
                {{- end}}
            ) AS latest_{{.Step}}
        FROM {{template "funnel_level" .Before}}
    ) AS looking_{{.Step}}
) AS level_{{.Step}}
{{- else}}(
    SELECT
        {{template "actor" .Relation}} AS actor,
        e.occurred_at
        {{- if .Apart}},
        CASE
            {{- range $i, $matcher := .Matchers}}
            WHEN {{template "condition" $matcher}} THEN {{$i}}{{end}}
        END AS place
        {{- else}}{{range $i, $matcher := .Matchers}},
        {{template "condition" $matcher}} AS step_{{$i}}{{end}}{{end}}
    {{- template "from" .Relation}}
    {{- template "where" .Relation}}
    OFFSET 0
) AS level_0{{end}}{{end}}
