{{/* Puts into the incoming events what the slots hold of them. */}}
UPDATE pg_temp.incoming AS e
SET
    {{- range $i, $p := .}}{{if $i}},{{end}}
    {{$p.Column}} = {{template "slot_value" $p}}{{end}}
WHERE e.organization_id = @organization
