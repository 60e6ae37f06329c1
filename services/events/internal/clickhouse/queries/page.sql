{{/* A part of a list of actors. */}}
{{define "page"}}
    AND name > {{.After}}
ORDER BY name
LIMIT {{.Limit}}
{{- end}}
