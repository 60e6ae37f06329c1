{{/* Parts that read properties. They look at the row j, made by document: the properties as JSON, once for each event.
     The type is json and not jsonb, which would change the text of numbers and take no \u0000. */}}

{{/* Postgres makes no text of a JSON with a zero character anywhere: it and its three neighbours are written with others, see coded.go. No canonical
     JSON has a control character, so \x01 can mark the place. The data is the alias of the table. OFFSET 0 keeps it from being worked out again for each use. */}}
{{define "document"}}
    SELECT
        strpos({{.}}.properties, '\u000') > 0 AS coded,
        CASE
            WHEN strpos({{.}}.properties, '\u000') > 0 THEN
                replace(replace(replace(replace(
                    regexp_replace({{.}}.properties, '(?<!\\)((?:\\\\)*)\\u000([0-3])', E'\\1\x01\\2', 'g'),
                    E'\x010', '\u0001\u0002\u0002'), E'\x011', '\u0001\u0002\u0003'), E'\x012', '\u0001\u0003\u0002'), E'\x013', '\u0001\u0003\u0003')
            ELSE {{.}}.properties
        END::json AS doc
    OFFSET 0
{{end}}

{{/* The text form of a property; null when it has no value. That of a promoted one is in a column of the event, unless the event lacks it. The data is the key. */}}
{{define "text"}}
    {{- if .Column}}(
    CASE
        WHEN starts_with(e.{{.Column}}, {{.Mark}}::text) THEN CASE WHEN substr(e.{{.Column}}, {{.From}}, 1) = 'v' THEN substr(e.{{.Column}}, {{.Text}}) END
        ELSE (SELECT {{template "cut" .}} FROM ({{template "document" "e"}}) AS j)
    END COLLATE "C")
    {{- else}}{{template "cut" .}}{{end}}{{end}}

{{/* Whether a property is there, be it without a value. */}}
{{define "set"}}
    {{- if .Column}}(
    CASE
        WHEN starts_with(e.{{.Column}}, {{.Mark}}::text) THEN substr(e.{{.Column}}, {{.From}}, 1) <> '-'
        ELSE (SELECT (j.doc -> {{.}}::text) IS NOT NULL FROM ({{template "document" "e"}}) AS j)
    END)
    {{- else}}((j.doc -> {{.}}::text) IS NOT NULL){{end}}{{end}}

{{/* What a slot holds of a property: a mark, and behind it - when it is absent, n when it holds null, and v before its text form. */}}
{{define "slot_value"}}(
    SELECT
        {{.Mark}}::text || CASE
            WHEN (j.doc -> {{.}}::text) IS NULL THEN '-'
            WHEN (j.doc ->> {{.}}::text) IS NULL THEN 'n'
            ELSE 'v' || {{template "cut" .}}
        END
    FROM ({{template "document" "e"}}) AS j
){{end}}

{{/* The text form of a property cut out of the document. The text form of an object or array is its JSON as it came. */}}
{{define "cut"}}(
    CASE
        WHEN j.coded AND json_typeof(j.doc -> {{.}}::text) IN ('object', 'array') THEN
            replace(replace(replace(replace(
                j.doc ->> {{.}}::text,
                '\u0001\u0002\u0002', '\u0000'), '\u0001\u0002\u0003', '\u0001'), '\u0001\u0003\u0002', '\u0002'), '\u0001\u0003\u0003', '\u0003')
        ELSE j.doc ->> {{.}}::text
    END COLLATE "C"){{end}}

{{/* The number form of a property; null when it has none. A cast could refuse what is too great or too near to zero: the first has no number form, the
     second is 0. Which of both it is tells the place of the first digit that is not 0. */}}
{{define "number"}}(
    SELECT
        CASE
            WHEN v.text ~ '^[+-]?[0-9]{1,18}(\.[0-9]{1,18})?$' THEN v.text::float8
            WHEN v.text !~ '^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?$' THEN NULL
            WHEN pg_input_is_valid(v.text, 'float8') THEN v.text::float8
            WHEN (
                SELECT
                    CASE
                        WHEN length(ltrim(m.exponent, '+-0')) > 8 THEN m.exponent LIKE '-%'
                        WHEN m.whole <> '' THEN length(m.whole) + COALESCE(NULLIF(m.exponent, '')::bigint, 0) < 0
                        ELSE length(ltrim(m.fraction, '0')) - length(m.fraction) + COALESCE(NULLIF(m.exponent, '')::bigint, 0) < 0
                    END
                FROM (
                    SELECT
                        ltrim(split_part(split_part(lower(v.text), 'e', 1), '.', 1), '+-0') AS whole,
                        split_part(split_part(lower(v.text), 'e', 1), '.', 2) AS fraction,
                        split_part(lower(v.text), 'e', 2) AS exponent
                    OFFSET 0
                ) AS m
            ) THEN 0
        END
    FROM (SELECT {{template "text" .}} AS text OFFSET 0) AS v
){{end}}

{{/* The time form of a property, in microseconds since 2000; null when it has none. No part is left to the engine's own reading of times: it knows no
     year 0 and fewer zones, and rounds where the rule cuts. */}}
{{define "moment"}}(
    SELECT
        CASE
            WHEN v.text ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,9})?(Z|[+-]([01][0-9]|2[0-4]):([0-5][0-9]|60))$'
                AND pg_input_is_valid(v.day, 'date') THEN
                (v.day::date - '2000-01-01'::date - CASE WHEN v.text LIKE '0000%' THEN 146097 ELSE 0 END) * 86400000000
                + substr(v.text, 12, 2)::bigint * 3600000000
                + substr(v.text, 15, 2)::bigint * 60000000
                + substr(v.text, 18, 2)::bigint * 1000000
                + rpad(COALESCE(substring(v.text FROM '\.([0-9]+)'), ''), 6, '0')::bigint
                - CASE
                    WHEN v.text LIKE '%Z' THEN 0
                    ELSE (left(right(v.text, 6), 1) || '1')::bigint
                        * (left(right(v.text, 5), 2)::bigint * 3600000000 + right(v.text, 2)::bigint * 60000000)
                END
        END
    FROM (
        SELECT
            t.text,
            CASE WHEN t.text LIKE '0000%' THEN '0400' || substr(t.text, 5, 6) ELSE left(t.text, 10) END AS day
        FROM (SELECT {{template "text" .}} AS text OFFSET 0) AS t
        OFFSET 0
    ) AS v
){{end}}

{{/* The numbers from which a measure is made, over rows with the columns actor and number. Great numbers are summed apart and smaller by a factor, since
     a sum beyond the greatest number would be an error: see measured. */}}
{{define "measure"}}
{{- if .Events}}count(*)::float8 AS value, 0::float8 AS great, 0::bigint AS numbers
{{- else if .Actors}}count(DISTINCT actor){{if .Window}} FILTER (WHERE inside){{end}}::float8 AS value, 0::float8 AS great, 0::bigint AS numbers
{{- else if .Sums}}COALESCE(sum(number) FILTER (WHERE abs(number) <= 1e290), 0) AS value, COALESCE(sum(number * 1e-100) FILTER (WHERE abs(number) > 1e290), 0) AS great, count(number) AS numbers
{{- else if .Least}}COALESCE(min(number), 0) AS value, 0::float8 AS great, 0::bigint AS numbers
{{- else if .Greatest}}COALESCE(max(number), 0) AS value, 0::float8 AS great, 0::bigint AS numbers
{{- else}}COALESCE(percentile_cont({{.Fraction}}::float8) WITHIN GROUP (ORDER BY number), 0) AS value, 0::float8 AS great, 0::bigint AS numbers{{end}}{{end}}
