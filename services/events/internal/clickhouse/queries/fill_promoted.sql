{{/* A mutation: part by part, each as a whole, taken up by the server itself when it was killed. A value that is there already stays. */}}
ALTER TABLE events
    UPDATE {{.Column}} = concat({{.Mark}}, {{template "raw" .}})
    IN PARTITION {{.Year}}
    WHERE organization_id = {promoted:UUID}
        AND NOT startsWith({{.Column}}, {{.Mark}})
