{{/* One pass: of each actor a bit for each interval in which it did the target, and one for each in which it returned, fifty in a number. Unless they are
     listed, actors that are alike are counted together. */}}
WITH seen AS NOT MATERIALIZED (
    {{- range $i, $side := .Relation.Sides}}{{if $i}}
    UNION ALL{{end}}
    SELECT
        {{template "actor" $side}} AS actor,
        e.occurred_at,
        width_bucket(e.occurred_at, {{$.Starts}}::timestamptz[]) - 1 AS place,
        {{template "condition" $.Target}} AS target,
        {{template "condition" $.Returning}} AS came_back
    {{- template "from" $side}}
    {{- template "where" $side}}
    {{- end}}
    OFFSET 0
),
acting AS NOT MATERIALIZED (
    SELECT
        actor,
        {{- if .FirstTime}}
        width_bucket(min(occurred_at) FILTER (WHERE target), {{.Starts}}::timestamptz[]) - 1 AS first_place,
        {{- else}}
        bit_or(1::bigint << place) FILTER (WHERE target AND place BETWEEN 0 AND 49) AS target_low,
        bit_or(1::bigint << (place - 50)) FILTER (WHERE target AND place >= 50) AS target_high,
        {{- end}}
        bit_or(1::bigint << place) FILTER (WHERE came_back AND place BETWEEN 0 AND 49) AS returning_low,
        bit_or(1::bigint << (place - 50)) FILTER (WHERE came_back AND place >= 50) AS returning_high
    FROM seen
    GROUP BY actor
),
masks AS NOT MATERIALIZED (
    SELECT
        {{if .Listed}}actor::text{{else}}''{{end}} AS actor,
        {{- if .FirstTime}}
        CASE WHEN first_place BETWEEN 0 AND 49 THEN 1::bigint << first_place ELSE 0 END AS target_low,
        CASE WHEN first_place >= 50 THEN 1::bigint << (first_place - 50) ELSE 0 END AS target_high,
        {{- else}}
        COALESCE(target_low, 0) AS target_low,
        COALESCE(target_high, 0) AS target_high,
        {{- end}}
        COALESCE(returning_low, 0) AS returning_low,
        COALESCE(returning_high, 0) AS returning_high
    FROM acting
)
SELECT
    actor,
    target_low,
    target_high,
    returning_low,
    returning_high,
    count(*) AS actors
FROM masks
WHERE target_low <> 0
    OR target_high <> 0
GROUP BY
    actor,
    target_low,
    target_high,
    returning_low,
    returning_high
