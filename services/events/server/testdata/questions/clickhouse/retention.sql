SELECT first_week, later - first_week AS k, count()
FROM (
    SELECT current_id, groupBitOr(bitShiftLeft(toUInt64(1), intDiv(toUnixTimestamp64Micro(occurred_at) - 1767571200000000, 604800000000))) AS weeks
    FROM events
    WHERE organization_id = {organization:UUID} AND occurred_at >= '2026-01-05' AND occurred_at < '2026-04-06'
    GROUP BY current_id
)
ARRAY JOIN bitPositionsToArray(weeks) AS first_week
ARRAY JOIN bitPositionsToArray(weeks) AS later
WHERE later >= first_week
GROUP BY first_week, k
