{{/* Parts that the questions share. Values are parameters; only the shape of a statement depends on the question. */}}

{{/* Few overrides are compared one after the other, many are joined; see lookup. */}}
{{define "developer"}}
    {{- with .Overrides}}
        {{- if .Joined}}if(o.latest > 0, o.reassigned_id, e.current_id)
        {{- else if .Exact}}multiIf({{range .Compared}}e.actor_kind = {{.Kind}} AND e.actor_value = {{.Value}}, {{.Developer}}, {{end}}e.current_id)
        {{- else}}multiIf({{range .Compared}}e.actor_key = {{.Key}}, {{.Developer}}, {{end}}e.current_id){{end}}
    {{- else}}e.current_id{{end}}
{{- end}}

{{define "overrides"}}{{with .Overrides}}{{if .Joined}}
LEFT ANY JOIN (
    SELECT
        actor_kind,
        actor_value,
        sipHash64(actor_kind, actor_value) AS actor_key,
        argMax(developer_id, sequence) AS reassigned_id,
        max(sequence) AS latest
    {{- if .Overtaken}}
    FROM (
        SELECT
            actor_kind,
            actor_value,
            developer_id,
            sequence,
            true AS pending
        FROM identity_overrides
        WHERE organization_id = {organization:UUID}
        UNION ALL
        SELECT
            actor_kind,
            actor_value,
            developer_id,
            sequence,
            false AS pending
        FROM identity_folds
        WHERE organization_id = {organization:UUID}
            AND (actor_kind, actor_value) IN (
                SELECT
                    actor_kind,
                    actor_value
                FROM identity_overrides
                WHERE organization_id = {organization:UUID}
                    AND sequence > 0
            )
    )
    GROUP BY actor_kind, actor_value
    HAVING maxIf(sequence, pending) > maxIf(sequence, NOT pending)
    {{- else}}
    FROM identity_overrides
    WHERE organization_id = {organization:UUID}
    GROUP BY actor_kind, actor_value
    HAVING latest > 0
    {{- end}}
) AS o ON {{if .Exact}}o.actor_kind = e.actor_kind AND o.actor_value = e.actor_value{{else}}o.actor_key = e.actor_key{{end}}{{end}}{{end}}{{end}}

{{/* Projections help to find the events of a developer, or of ids, and to group by developers. Otherwise the server would take one whose order does not help
     because it has the columns, or compare every mark of it with the names or the ids of the question to find that it has not. */}}
{{define "by_key"}}
SETTINGS optimize_use_projections = 0{{end}}

{{define "matching"}}
WHERE e.organization_id = {organization:UUID}
    {{- if not .Always}}
    AND e.occurred_at >= fromUnixTimestamp64Micro({start:Int64}, 'UTC')
    AND e.occurred_at < fromUnixTimestamp64Micro({end:Int64}, 'UTC'){{end}}
    {{- template "filter" .}}{{end}}

{{define "filter"}}
    {{- if .Filter.Names}}
    AND e.name IN {names:Array(String)}{{end}}
    {{- if .Filter.DeveloperIDs}}
        {{- if .Stamps}}
    AND e.current_id IN {{.Stamps}}{{end}}
    AND {{template "developer" .}} IN {developers:Array(UUID)}{{end}}
    {{- if .Filter.Projects}}
    AND e.project IN {projects:Array(String)}{{end}}
    {{- if .Filter.SourceKinds}}
    AND e.source_kind IN {source_kinds:Array(UInt8)}{{end}}
    {{- if .Filter.Tools}}
    AND e.tool IN {tools:Array(String)}{{end}}
    {{- if .Filter.Machines}}
    AND e.machine IN {machines:Array(String)}{{end}}
    {{- if .Filter.Packages}}
    AND e.id IN (
        SELECT event_id
        FROM event_packages
        WHERE organization_id = {organization:UUID}
            AND occurred_at >= fromUnixTimestamp64Micro({{.Start}}, 'UTC')
            AND occurred_at < fromUnixTimestamp64Micro({{.End}}, 'UTC')
            AND (package IN {packages:Array(String)} OR (package, version) IN {package_versions:Array(Tuple(String, String))})
    ){{end}}{{end}}
