SELECT
    k,
    multiIf(
        bitTest(days, k + 1) AND first_day = toDate('2026-03-07') + k, 'new',
        bitTest(days, k + 1) AND bitTest(days, k), 'returning',
        bitTest(days, k + 1), 'resurrecting',
        bitTest(days, k), 'dormant',
        ''
    ) AS status,
    count()
FROM (
    SELECT
        current_id,
        min(toDate(occurred_at)) AS first_day,
        groupBitOr(if(occurred_at >= '2026-03-06', bitShiftLeft(toUInt64(1), toUInt8(toDate(occurred_at) - toDate('2026-03-06'))), toUInt64(0))) AS days
    FROM events
    WHERE organization_id = {organization:UUID} AND occurred_at < '2026-04-06'
    GROUP BY current_id
)
ARRAY JOIN range(30) AS k
WHERE status != ''
GROUP BY k, status
