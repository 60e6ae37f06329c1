{{/* How many actors reached which step of a funnel in order, by windowFunnel. Two things make it keep the rules.

     Time must pass between steps: an event stands at 32 times its microsecond and a little more, the later the step the less. So what happens in one
     microsecond comes in the reverse order of the steps, and none of it follows another. The window is 32 times its own length, and what is added
     is less than 32: an event at its very end is within, one a microsecond later is not.
     One event serves one step: an event that matches several steps comes once for each, in that order. */}}
SELECT
    toInt64(reached) AS steps,
    count() AS actors
FROM (
    SELECT
        actor,
        windowFunnel({{.Window}})(
            at
            {{- range $i, $m := .Steps}},
            step = {{$i}}{{end}}
        ) AS reached
    FROM (
        SELECT
            actor,
            step,
            toUInt64((micros - {{.Source.Start}}) * 32 + {{.Last}} - toInt64(step)) AS at
        FROM (
            SELECT
                {{template "actor" .Source}} AS actor,
                at AS micros,
                {{- if .Apart}}
                toUInt8(multiIf({{range $i, $m := .Steps}}{{template "condition" $m}}, {{$i}}, {{end}}{{.Last}})) AS step
                {{- else}}
                arrayConcat({{range $i, $m := .Steps}}{{if $i}}, {{end}}if({{template "condition" $m}}, [toUInt8({{$i}})], []){{end}}) AS served
                {{- end}}
            FROM (
                {{- template "rows" .Source}}
            )
            {{- template "where" .Source}}
        )
        {{- if not .Apart}}
        ARRAY JOIN served AS step{{end}}
        WHERE {{template "known" .Source}}
    )
    GROUP BY actor
)
WHERE reached > 0
GROUP BY steps
