{{/* Parts that the questions share. Values are parameters; only the shape of a statement depends on the question. */}}

{{/* Whose an event is. Few overrides are compared one after the other, many are joined. */}}
{{define "developer"}}
    {{- if .Overrides}}{{if .Compared}}{{template "compared" .}}{{else}}COALESCE(o.developer_id, e.developer_id){{end}}
    {{- else}}e.developer_id{{end}}
{{- end}}

{{define "compared"}}CASE
        {{- range $i, $_ := .Compared}}
        WHEN e.actor_kind = @override_kind_{{$i}}::smallint AND e.actor_value = @override_value_{{$i}}::text THEN @override_developer_{{$i}}::uuid
        {{- end}}
        ELSE e.developer_id
    END{{end}}

{{define "overrides"}}{{if .Overrides}}{{if .Compared}}{{else}}
LEFT JOIN identity_overrides AS o
    ON o.organization_id = e.organization_id
    AND o.actor_kind = e.actor_kind
    AND o.actor_value = e.actor_value
    AND o.sequence > 0
    AND NOT o.folded{{end}}{{end}}{{end}}

{{/* One developer's events come from an index in the order of their times; those of several would be sorted, all of them. */}}
{{define "matching"}}
WHERE e.organization_id = @organization
    AND e.occurred_at >= @start
    AND e.occurred_at < @end
    {{- if .Filter.DeveloperIDs}}
    AND {{template "developer" .}} = {{if .One}}@developer::uuid{{else}}ANY (@developers){{end}}
        {{- if .Overrides}}
    AND (e.developer_id = ANY (@stamps) OR (e.actor_kind = ANY (@gained_kinds) AND e.actor_value = ANY (@gained_values))){{end}}{{end}}
    {{- template "matching_else" .}}{{end}}

{{/* What of the filter is not about developers. */}}
{{define "matching_else"}}
    {{- if .Filter.Names}}
    AND e.name = ANY (@names){{end}}
    {{- if .Filter.Projects}}
    AND e.project = ANY (@projects){{end}}
    {{- if .Filter.SourceKinds}}
    AND e.source_kind = ANY (@source_kinds){{end}}
    {{- if .Filter.Tools}}
    AND e.tool = ANY (@tools){{end}}
    {{- if .Filter.Machines}}
    AND e.machine = ANY (@machines){{end}}
    {{- if .Filter.Packages}}
    AND e.id IN (
        SELECT p.event_id
        FROM event_packages AS p
        WHERE p.organization_id = @organization
            AND p.occurred_at >= @start
            AND p.occurred_at < @end
            AND (
                p.package = ANY (@packages)
                OR (p.package, p.version) IN (
                    SELECT wanted.package, wanted.version
                    FROM unnest(@versioned_packages::text[], @versions::text[]) AS wanted (package, version)
                )
            )
    ){{end}}{{end}}

{{/* What a list has of an event before its developer and after, in the order in which a row is read. */}}
{{define "listed_first"}}
    e.id,
    e.name,
    e.occurred_at,
    {{- if .Basic}}{{else}}
    e.received_at,
    e.actor_kind,
    e.actor_value,{{end}}{{end}}

{{define "listed_rest"}}
    {{- if .Basic}}{{else}}
    e.source_kind,
    e.tool,
    e.tool_version,
    e.machine,{{end}}
    e.project
    {{- if .Basic}}{{else}},
    e.packages,
    e.session_id,
    e.properties{{end}}{{end}}
