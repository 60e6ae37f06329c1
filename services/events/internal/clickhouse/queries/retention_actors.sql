{{/* The actors of an interval, each with the intervals in which it came back. */}}
SELECT
    toString(actor) AS name,
    {{if .Wide}}came{{else}}bitPositionsToArray(came){{end}} AS intervals
FROM (
    {{- template "appearances" .}}
)
WHERE {{if .Wide}}has(did, {{.Row}}){{else}}bitTest(did, {{.Row}}){{end}}
