SELECT bitCount(days) AS active, count()
FROM (
    SELECT current_id, groupBitOr(bitShiftLeft(toUInt64(1), toUInt8(toDate(occurred_at) - toDate('2026-03-07')))) AS days
    FROM events
    WHERE organization_id = {organization:UUID} AND occurred_at >= '2026-03-07' AND occurred_at < '2026-04-06'
    GROUP BY current_id
)
GROUP BY active
