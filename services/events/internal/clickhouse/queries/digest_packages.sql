SELECT
    package,
    countIf(name = {added:String}) AS added,
    countIf(name = {changed:String}) AS changed,
    countIf(name = {removed:String}) AS removed,
    count() OVER () AS total
FROM event_packages AS p
INNER JOIN (
    SELECT
        e.id AS id,
        toString(e.name) AS name
    FROM events AS e
    {{- template "overrides" .}}
    {{- template "matching" .}}
        AND e.name IN {manifest_events:Array(String)}
) AS m ON m.id = p.event_id
WHERE p.organization_id = {organization:UUID}
    AND p.occurred_at >= fromUnixTimestamp64Micro({start:Int64}, 'UTC')
    AND p.occurred_at < fromUnixTimestamp64Micro({end:Int64}, 'UTC')
    AND p.leading_row
GROUP BY package
ORDER BY
    count() DESC,
    package
LIMIT {limit:UInt32}
{{- if not .Filter.DeveloperIDs}}{{template "by_key"}}{{end}}
