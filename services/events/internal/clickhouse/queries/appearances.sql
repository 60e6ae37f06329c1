{{/* Of each actor the intervals to which it belongs (did) and those in which it came back (came): a bit each, or lists when there are more than 64. */}}
{{define "appearances"}}
SELECT
    actor,
    {{- if .FirstTime}}
    minIf(at, target) AS first_at,
    {{if .Wide}}[first_number]{{else}}bitShiftLeft(toUInt64(1), first_number){{end}} AS did,
    {{- else}}
    {{if .Wide}}groupUniqArrayIf(number, target){{else}}groupBitOr(if(target, bitShiftLeft(toUInt64(1), number), 0)){{end}} AS did,
    {{- end}}
    {{if .Wide}}groupUniqArrayIf(number, returned){{else}}groupBitOr(if(returned, bitShiftLeft(toUInt64(1), number), 0)){{end}} AS came
    {{- if .FirstTime}},
    argMinIf(number, at, target) AS first_number{{end}}
FROM (
    SELECT
        actor,
        at,
        target,
        {{if .FirstTime}}returned AND at >= {{.RangeStart}}{{else}}returned{{end}} AS returned,
        {{if .FirstTime}}if(at >= {{.RangeStart}}, {{template "bucket" .Buckets}}, 0){{else}}{{template "bucket" .Buckets}}{{end}} AS number
    FROM (
        SELECT
            {{template "actor" .Source}} AS actor,
            at,
            {{template "condition" .Target}} AS target,
            {{template "condition" .Returning}} AS returned
        FROM (
            {{- template "rows" .Source}}
        )
        {{- template "where" .Source}}
    )
    WHERE {{template "known" .Source}}
)
GROUP BY actor
HAVING {{if .FirstTime}}countIf(target) > 0 AND first_at >= {{.RangeStart}}{{else}}countIf(target) > 0{{end}}
{{- end}}
