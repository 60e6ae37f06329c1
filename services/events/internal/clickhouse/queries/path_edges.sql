{{/* The most frequent ways from item to item, by the events of each actor in their order.

     breaks   whether a sequence ends behind an item: the silence after it is longer than the gap
     kept     whether an item is the last of its equals within its sequence
     step     the number of a kept item within its sequence, from 1 */}}
SELECT
    toInt64(step) AS place,
    source,
    target,
    toInt64(count()) AS weight,
    sum(took) AS micros
FROM (
    SELECT
        step,
        source,
        target,
        until - since AS took
    FROM (
        SELECT
            arrayFilter((name, keep) -> keep, names, kept) AS ways,
            arrayFilter((time, keep) -> keep, times, kept) AS passed,
            arrayFilter((last, keep) -> keep, breaks, kept) AS ends
        FROM (
            SELECT
                times,
                names,
                breaks,
                arrayMap((name, following, last) -> last OR name != following, names, arrayPushBack(arrayPopFront(names), ''), breaks) AS kept
            FROM (
                SELECT
                    items.1 AS times,
                    items.3 AS names,
                    arrayMap((time, following) -> following - time > {{.Gap}}, times, arrayPushBack(arrayPopFront(times), {{.Never}})) AS breaks
                FROM (
                    SELECT arraySort(groupArray((at, number, item))) AS items
                    FROM (
                        SELECT
                            actor,
                            at,
                            UUIDToNum(id) AS number,
                            {{if .Plain}}stop{{else}}assumeNotNull(stop){{end}} AS item
                        FROM (
                            SELECT
                                {{template "actor" .Source}} AS actor,
                                at,
                                id,
                                {{template "item" .}} AS stop
                            FROM (
                                {{- template "rows" .Source}}
                            )
                            {{- template "where" .Source}}
                            {{- if .Custom}}
                                AND NOT startsWith(name, '$'){{end}}
                        )
                        WHERE {{template "known" .Source}}
                            {{- if not .Plain}}
                            AND stop IS NOT NULL{{end}}
                            {{- if .Exclude}}
                            AND stop NOT IN {{.Exclude}}{{end}}
                    )
                    GROUP BY actor
                )
            )
        )
    )
    ARRAY JOIN
        arrayPopBack(ways) AS source,
        arrayPopFront(ways) AS target,
        arrayPopBack(passed) AS since,
        arrayPopFront(passed) AS until,
        arrayPopBack(ends) AS ended,
        arrayPopBack(arrayEnumerateUniq(arrayCumSum(arrayPushFront(arrayPopBack(ends), 0)))) AS step
    WHERE NOT ended AND step < {{.StepLimit}}
)
GROUP BY
    step,
    source,
    target
HAVING weight >= {{.MinWeight}}
    {{- if .MaxWeight}}
    AND weight <= {{.MaxWeight}}{{end}}
ORDER BY weight DESC, place, source, target
LIMIT {{.EdgeLimit}}

{{/* What the first source that means an event makes of it, without a slash at its end: NULL when it makes nothing of it. */}}
{{define "item"}}
    {{- if .Plain}}{{template "shaped" "toString(name)"}}
    {{- else}}arrayMap(text -> {{template "shaped" "text"}}, [multiIf(
                                {{range .Items}}{{if .Name}}name = {{.Name}}{{else}}NOT startsWith(name, '$'){{end}}, {{with .Property}}text{{.N}}{{else}}toNullable(toString(name)){{end}},
                                {{end}}NULL
                            )])[1]{{end}}
{{- end}}

{{define "shaped"}}if(length({{.}}) > 1 AND endsWith({{.}}, '/'), substring({{.}}, 1, length({{.}}) - 1), {{.}}){{end}}
