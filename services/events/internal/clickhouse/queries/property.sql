{{/* Keys of columns of canonical JSON, cut out of the text. The server's JSON functions write numbers in their own way and give up a whole object over one
     integer beyond 64 bits, so:

     pos     where the key's member begins, 0 when it cannot be there: at the start of the object, or after a comma. It may be that of an object within.
     raw     the JSON of the value as it stands, '' when the key is absent. In an object without objects and arrays the member found is the key's.
             Elsewhere the parser says which it is; where it would write the value differently, or cannot read the object, the texts and what lies between
             them are told apart, and the member is the one that stands within one brace only.
     text    the text form, NULL when there is no value: the key is absent or holds null.
     number  the number form, NULL when there is none. A number beyond the greatest Float64 has none.
     time    the time form in microseconds, NULL when there is none. DateTime64 ends in 2299 and a text may not, so the days are counted here:
             4000 years later the days repeat, and years that begin in March are not negative.

     Each stands in a SELECT of its own. The server names an expression by its whole text: were they put into each other, the names alone would take seconds. */}}
{{define "levels"}}
    {{- if .Deep}}
SELECT
    *
    {{- range .}}{{if .Time}},
    if(
        match(ifNull(text{{.N}}, ''), {{.TimePattern}})
            AND month{{.N}} BETWEEN 1 AND 12
            AND day{{.N}} BETWEEN 1 AND multiIf(
                month{{.N}} IN (4, 6, 9, 11), 30,
                month{{.N}} != 2, 31,
                year{{.N}} % 4 = 0 AND (year{{.N}} % 100 != 0 OR year{{.N}} % 400 = 0), 29,
                28
            )
            AND hour{{.N}} <= 23
            AND minute{{.N}} <= 59
            AND second{{.N}} <= 59
            AND zone_hour{{.N}} <= 24
            AND zone_minute{{.N}} <= 60,
        (((days{{.N}} * 24 + hour{{.N}} - zone_sign{{.N}} * zone_hour{{.N}}) * 60 + minute{{.N}} - zone_sign{{.N}} * zone_minute{{.N}}) * 60 + second{{.N}}) * 1000000
            + micros{{.N}},
        NULL
    ) AS time{{.N}}{{end}}{{end}}
FROM (
SELECT
    *
    {{- range .}}{{if .Number}},
    if(isFinite(float{{.N}}), float{{.N}}, NULL) AS number{{.N}}{{end}}{{if .Time}},
    if(startsWith(zone{{.N}}, '-'), -1, 1) AS zone_sign{{.N}},
    toInt64OrZero(substring(zone{{.N}}, 2, 2)) AS zone_hour{{.N}},
    toInt64OrZero(substring(zone{{.N}}, 5, 2)) AS zone_minute{{.N}},
    moved{{.N}} * 365 + intDiv(moved{{.N}}, 4) - intDiv(moved{{.N}}, 100) + intDiv(moved{{.N}}, 400)
        + intDiv(153 * (month{{.N}} + if(month{{.N}} > 2, -3, 9)) + 2, 5) + day{{.N}} - 1 - 719468 - 1460970 AS days{{.N}}{{end}}{{end}}
FROM (
SELECT
    *
    {{- range .}}{{if .Number}},
    if(
        match(raw{{.N}}, '^[-"0-9]') AND match(ifNull(text{{.N}}, ''), {{.NumberPattern}}),
        toFloat64OrNull(text{{.N}}),
        NULL
    ) AS float{{.N}}{{end}}{{if .Time}},
    toInt64OrZero(substring(ifNull(text{{.N}}, ''), 1, 4)) AS year{{.N}},
    toInt64OrZero(substring(ifNull(text{{.N}}, ''), 6, 2)) AS month{{.N}},
    toInt64OrZero(substring(ifNull(text{{.N}}, ''), 9, 2)) AS day{{.N}},
    toInt64OrZero(substring(ifNull(text{{.N}}, ''), 12, 2)) AS hour{{.N}},
    toInt64OrZero(substring(ifNull(text{{.N}}, ''), 15, 2)) AS minute{{.N}},
    toInt64OrZero(substring(ifNull(text{{.N}}, ''), 18, 2)) AS second{{.N}},
    toInt64OrZero(substring(rightPad(extract(ifNull(text{{.N}}, ''), '\\.([0-9]+)'), 6, '0'), 1, 6)) AS micros{{.N}},
    if(endsWith(ifNull(text{{.N}}, ''), 'Z'), '+00:00', right(ifNull(text{{.N}}, ''), 6)) AS zone{{.N}},
    year{{.N}} + 4000 - toInt64(month{{.N}} <= 2) AS moved{{.N}}{{end}}{{end}}
FROM ({{end}}
    {{- if .}}
SELECT
    *
    {{- range .}},
    multiIf(
        raw{{.N}} IN ('', 'null'), NULL,
        NOT startsWith(raw{{.N}}, '"'), raw{{.N}},
        position(raw{{.N}}, '\\') = 0, substring(raw{{.N}}, 2, length(raw{{.N}}) - 2),
        JSONExtractString(raw{{.N}})
    ) AS text{{.N}}{{end}}
FROM (
SELECT
    *
    {{- range .}},
    multiIf(
        pos{{.N}} = 0, '',
        {{- if not .Odd}}
        position({{.Document}}, '{', 2) = 0 AND position({{.Document}}, '[', 2) = 0, simpleJSONExtractRaw(substring({{.Document}}, pos{{.N}}), {{.Name}}),{{end}}
        JSONType({{.Document}}, {{.Key}}) IN ('String', 'Bool', 'Int64', 'UInt64'), JSONExtractRaw({{.Document}}, {{.Key}}),
        JSONType({{.Document}}, {{.Key}}) = 'Double', replaceRegexpOne(JSONExtractRaw({{.Document}}, {{.Key}}), 'e([0-9])', 'e+\\1'), {{/* as ECMAScript writes it */}}
        JSONType({{.Document}}, {{.Key}}) = 'Null' AND isValidJSON({{.Document}}), if(JSONHas({{.Document}}, {{.Key}}), 'null', ''),
        arrayMap(
            tokens -> simpleJSONExtractRaw(concat('{', arrayStringConcat(arraySlice(tokens, arrayFirstIndex(
                (token, following, depth) -> token = {{.Quoted}} AND depth = 1 AND startsWith(following, ':'),
                tokens,
                arrayPushBack(arrayPopFront(tokens), ''),
                arrayCumSum(
                    token -> if(
                        startsWith(token, '"'),
                        0,
                        toInt32(countSubstrings(token, '{')) + countSubstrings(token, '[') - countSubstrings(token, '}') - countSubstrings(token, ']')
                    ),
                    tokens
                )
            )))), {{.Name}}),
            [extractAll({{.Document}}, '"(?:[^"\\\\]|\\\\.)*"|[^"]+')]
        )[1]
    ) AS raw{{.N}}{{end}}
FROM (
SELECT
    *
    {{- range .}},
    {{if .Odd}}position({{.Document}}, {{.Member}}){{else}}if(startsWith({{.Document}}, {{.Head}}), 1, position({{.Document}}, {{.Next}})){{end}} AS pos{{.N}}{{end}}
FROM ({{end}}
{{- end}}

{{define "levels_end"}}{{if .}}))){{end}}{{if .Deep}}))){{end}}{{end}}
