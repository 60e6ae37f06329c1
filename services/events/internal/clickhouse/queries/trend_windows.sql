{{/* How the number of distinct actors changes from window to window: summed up from the first to a window it is the number of actors seen in it.

     Windows overlap, so an event is in many, but in neighbors only: those from the first that ends after it to the last that starts before it.
     Time is cut where windows start and end; firsts and lasts give the neighbors by that part. Of each actor the runs of windows are joined
     (they begin in the order in which they end), and each run counts once where it begins and is taken off after its end.
     The row at -1 has every actor of the key and also nobody: the key has an event. */}}
SELECT
    place,
    change.1 AS window,
    sum(change.2) AS difference
FROM (
    SELECT
        place,
        arrayConcat(
            [(toInt64(-1), toInt64(1))],
            arrayMap(r -> (r.1, toInt64(1)), joined),
            arrayMap(r -> (r.2 + 1, toInt64(-1)), joined)
        ) AS changes
    FROM (
        SELECT
            place,
            arrayFilter(
                r -> r.1 <= r.2,
                arrayMap((r, reached) -> (greatest(r.1, reached + 1), r.2), runs, arrayPopBack(arrayPushFront(arrayMap(r -> r.2, runs), toInt64(-1))))
            ) AS joined
        FROM (
            SELECT
                place,
                arraySort(groupUniqArrayIf((first, last), {{template "known" .Source}} AND first <= last)) AS runs
            FROM (
                SELECT
                    place,
                    actor,
                    transform(cut, {{.Cuts}}, {{.Firsts}}, toInt64(0)) AS first,
                    transform(cut, {{.Cuts}}, {{.Lasts}}, toInt64(-1)) AS last
                FROM (
                    SELECT
                        roundDown(at, {{.Cuts}}) AS cut,
                        {{template "place" .}} AS place,
                        {{template "actor" .Source}} AS actor
                    FROM (
                        {{- template "rows" .Source}}
                    )
                    {{- template "where" .Source}}
                )
                {{- if .Cohorts}}
                ARRAY JOIN place{{end}}
            )
            GROUP BY place, actor
        )
    )
)
ARRAY JOIN changes AS change
GROUP BY place, window
