{{/* Windows overlap, and each event lies in those from the first that ends after it to the last that begins before it. Of an actor's events, in order, each
     adds only the windows that those before it do not have: the answer is by how much the number of actors changes at a window. An event of nobody, and one
     between two windows, changes nothing; its row tells that the place has an event. */}}
WITH seen AS (
    SELECT DISTINCT
        {{if .Keyed}}COALESCE(k.place, 0){{else}}1::bigint{{end}} AS place,
        {{template "actor" .Relation}} AS actor,
        width_bucket(e.occurred_at, {{.Ends}}::timestamptz[]) + 1 AS first_window,
        width_bucket(e.occurred_at, {{.Starts}}::timestamptz[]) AS last_window
    {{- template "from" .Relation}}
    {{- template "where" .Relation}}
),
added AS (
    SELECT
        place,
        CASE WHEN actor IS NULL THEN 0 ELSE 1 END AS actors,
        GREATEST(first_window, COALESCE(max(last_window) OVER earlier, 0) + 1) AS first_window,
        last_window
    FROM seen
    WINDOW earlier AS (
        PARTITION BY place, actor
        ORDER BY first_window, last_window
        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    )
)
SELECT
    place,
    at_window,
    sum(change) AS change
FROM (
    SELECT
        place,
        first_window AS at_window,
        CASE WHEN first_window <= last_window THEN actors ELSE 0 END AS change
    FROM added
    UNION ALL
    SELECT
        place,
        last_window + 1,
        -actors
    FROM added
    WHERE first_window <= last_window
) AS changes
GROUP BY place, at_window
ORDER BY place, at_window
