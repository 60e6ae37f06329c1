{{/* What a series counts. Numbers that are NULL do not count, and no number at all gives 0. */}}
{{define "math"}}
    {{- if eq .Math "total"}}count()
    {{- else if eq .Math "unique"}}uniqExactIf(actor, {{template "known" .Source}}{{if .Window}} AND recent{{end}})
    {{- else}}if(count(number) = 0, 0, assumeNotNull(
        {{- if eq .Math "sum"}}sumKahan(number)
        {{- else if eq .Math "average"}}sumKahan(number) / count(number)
        {{- else if eq .Math "minimum"}}min(number)
        {{- else if eq .Math "maximum"}}max(number)
        {{- else}}quantileExactInclusive({{.Percentile}})(number){{end}})){{end}}
{{- end}}

{{/* Which of the kept keys an event has, by its number; the number after the last when it has none of them. In a breakdown by cohorts it is a list. */}}
{{define "place"}}
    {{- if .Cohorts}}arrayConcat({{range $i, $c := .Cohorts}}{{if $i}}, {{end}}
            {{- if $c}}if({{template "member" $c}}, [toUInt32({{$i}})], []){{else}}[toUInt32({{$i}})]{{end}}{{end}})
    {{- else if .Parts}}transform({{template "key" .Parts}}, {{.Keys}}, {{.Places}}, {{.Rest}})
    {{- else}}toUInt32(0){{end}}
{{- end}}
