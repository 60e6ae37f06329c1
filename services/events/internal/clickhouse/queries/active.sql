{{/* Of each actor the buckets in which it was active, the one before the range being number 0, and the number of the bucket of its first event ever,
     -1 when that is earlier: a bit a bucket, or sorted lists when there are more than fit. */}}
{{define "active"}}
SELECT
    actor,
    if(min(at) >= {{.Before}}, min(number), -1) AS first_number,
    {{if .Wide}}arraySort(groupUniqArrayIf(number, at >= {{.Before}})){{else}}groupBitOr(if(at >= {{.Before}}, bitShiftLeft(toUInt64(1), number), 0)){{end}} AS active
FROM (
    SELECT
        actor,
        at,
        if(at >= {{.Before}}, {{template "bucket" .Buckets}}, 0) AS number
    FROM (
        SELECT
            {{template "actor" .Source}} AS actor,
            at
        FROM (
            {{- template "rows" .Source}}
        )
        {{- template "where" .Source}}
    )
    WHERE {{template "known" .Source}}
)
GROUP BY actor
{{- end}}

{{/* One row for each actor and bucket in which it is something: 1 new, 2 returning, 3 resurrecting, 4 dormant. */}}
{{define "statuses"}}
    {{- if .Wide}}
SELECT
    actor,
    status.1 AS bucket,
    status.2 AS is
FROM (
    SELECT
        actor,
        [
            (now, multiIf(now = first_number, 1, before = now - 1, 2, 3)),
            (if(after = now + 1, -1, now + 1), 4)
        ] AS pair
    FROM (
        SELECT
            actor,
            first_number,
            now,
            before,
            after
        FROM (
            {{- template "active" .}}
        )
        ARRAY JOIN
            active AS now,
            arrayPopBack(arrayPushFront(active, -2)) AS before,
            arrayPopFront(arrayPushBack(active, -2)) AS after
    )
)
ARRAY JOIN pair AS status
WHERE bucket BETWEEN 1 AND {{.Last}}
    {{- else}}
SELECT
    actor,
    toInt64(bucket) AS bucket,
    multiIf(
        bitTest(active, bucket) AND first_number = bucket, 1,
        bitTest(active, bucket) AND bitTest(active, bucket - 1), 2,
        bitTest(active, bucket), 3,
        bitTest(active, bucket - 1), 4,
        0
    ) AS is
FROM (
    {{- template "active" .}}
)
ARRAY JOIN range(1, {{.Last}} + 1) AS bucket
WHERE is > 0
    {{- end}}
{{- end}}
