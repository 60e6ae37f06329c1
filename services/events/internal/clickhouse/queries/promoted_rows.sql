SELECT
    toInt64(countIf(startsWith({{.Column}}, {{.Mark}}))) AS filled,
    toInt64(count()) AS total
FROM events
WHERE organization_id = {promoted:UUID}
