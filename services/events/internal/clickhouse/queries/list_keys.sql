{{/* The places of a page; the rows themselves are read by list_rows.sql, so that the wide columns are not read for events that do not show.
     What .Basic adds is in the projection of current developers too, so the timeline of a developer is read from it alone. */}}
SELECT
    e.occurred_at AS at,
    e.id AS event_id
    {{- if .Basic}},
    e.name AS event_name,
    {{template "developer" .}} AS developer,
    e.project AS event_project{{end}}
FROM events AS e
{{- template "overrides" .}}
{{- template "matching" .}}
    {{- if .After}}
    AND e.occurred_at <= fromUnixTimestamp64Micro({after_time:Int64}, 'UTC')
    AND (e.occurred_at, UUIDToNum(e.id)) < (fromUnixTimestamp64Micro({after_time:Int64}, 'UTC'), UUIDToNum({after_id:UUID})){{end}}
ORDER BY e.occurred_at DESC, UUIDToNum(e.id) DESC
LIMIT {limit:UInt32}
{{- if not .Filter.DeveloperIDs}}{{template "by_key"}}{{end}}
