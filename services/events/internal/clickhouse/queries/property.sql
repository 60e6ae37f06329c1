{{/* Keys of columns of canonical JSON, cut out of the text. The server's JSON functions write numbers in their own way and give up a whole object over one
     integer beyond 64 bits, so:

     raw     the JSON of the value as it stands, '' when the key is absent. pos is where the key's member begins, 0 when it cannot be there: at the start of the
             object, or after a comma. It may be that of an object within. In an object without objects and arrays the member found is the key's.
             Elsewhere the parser says which it is; where it would write the value differently, or cannot read the object, the texts and what lies between
             them are told apart, and the member is the one that stands within one brace only. simpleJSONExtractRaw takes the quote that ends a text for a
             part of it when a backslash stands before it: there backslashes are spelled \u005c meanwhile, as no canonical JSON has them.
     text    the text form, NULL when there is no value: the key is absent or holds null.
     number  the number form, NULL when there is none. A number beyond the greatest Float64 has none.
     time    the time form in microseconds, NULL when there is none. DateTime64 ends in 2299 and a text may not, so the days are counted here:
             4000 years later the days repeat, and years that begin in March are not negative.

     What is used more than once is the argument of a lambda over arrays of one element. The server names an expression by its whole text, with that of all it
     is made of at each place of use: a date would cost it more than a second of planning, against milliseconds with the short names of arguments. */}}
{{define "levels"}}
    {{- if .Deep}}
SELECT
    *
    {{- range .}}{{if .Number}},
    {{template "number" .}} AS number{{.N}}{{end}}{{if .Time}},
    {{template "time" .}} AS time{{.N}}{{end}}{{end}}
FROM ({{end}}
    {{- if .}}
SELECT
    *
    {{- range .}}{{if not .Grouped}},
    {{template "text" .}} AS text{{.N}}{{end}}{{end}}
FROM (
SELECT
    *
    {{- range .}},
    {{template "found" .}} AS raw{{.N}}{{end}}
FROM ({{end}}
{{- end}}

{{define "levels_end"}}{{if .}})){{end}}{{if .Deep}}){{end}}{{end}}

{{/* Where the value of a property is found: in the column of a promoted one, behind the mark. An event that lacks it there ends the question, unless such are expected. */}}
{{define "found"}}
    {{- if not .Column}}{{template "raw" .}}
    {{- else if .Late}}{{.Column}}
    {{- else if .Doubtful}}if(startsWith({{.Column}}, {{.Mark}}), substring({{.Column}}, {{.From}}), {{template "raw" .}})
    {{- else}}{{template "behind" .}}{{end}}
{{- end}}

{{define "behind"}}substring({{.Marked}}, {{.From}} + throwIf(NOT startsWith({{.Marked}}, {{.Mark}}), 'an event has no value in the column of a promoted property')){{end}}

{{define "raw"}}arrayMap(
        (document, pos) -> multiIf(
            pos = 0, '',
            {{- if not .Odd}}
            position(document, '{', 2) = 0 AND position(document, '[', 2) = 0 AND position(document, '\\\\"') = 0, simpleJSONExtractRaw(substring(document, pos), {{.Name}}),{{end}}
            {{template "nested" .}}
        ),
        [{{.Document}}],
        [{{if .Odd}}position({{.Document}}, {{.Member}}){{else}}if(startsWith({{.Document}}, {{.Head}}), 1, position({{.Document}}, {{.Next}})){{end}}]
    )[1]
{{- end}}

{{define "nested"}}arrayMap(
                (document, type) -> multiIf(
                    type IN ('String', 'Bool', 'Int64', 'UInt64'), JSONExtractRaw(document, {{.Key}}),
                    type = 'Double', replaceRegexpOne(JSONExtractRaw(document, {{.Key}}), 'e([0-9])', 'e+\\1'), {{/* as ECMAScript writes it */}}
                    type = 'Null' AND isValidJSON(document), if(JSONHas(document, {{.Key}}), 'null', ''),
                    {{template "tokens" .}}
                ),
                [document],
                [JSONType(document, {{.Key}})]
            )[1]
{{- end}}

{{define "tokens"}}arrayMap(
                        tokens -> replaceAll(simpleJSONExtractRaw(concat('{', replaceAll(arrayStringConcat(arraySlice(tokens, arrayFirstIndex(
                            (token, following, depth) -> token = {{.Quoted}} AND depth = 1 AND startsWith(following, ':'),
                            tokens,
                            arrayPushBack(arrayPopFront(tokens), ''),
                            arrayCumSum(
                                token -> if(
                                    startsWith(token, '"'),
                                    0,
                                    toInt32(countSubstrings(token, '{')) + countSubstrings(token, '[')
                                        - countSubstrings(token, '}') - countSubstrings(token, ']')
                                ),
                                tokens
                            )
                        ))), '\\\\', '\\u005c')), {{.Spelled}}), '\\u005c', '\\\\'),
                        [extractAll(document, '"(?:[^"\\\\]|\\\\.)*"|[^"]+')]
                    )[1]
{{- end}}

{{define "text"}}arrayMap(
        raw -> multiIf(
            raw IN ('', 'null'), NULL,
            NOT startsWith(raw, '"'), raw,
            position(raw, '\\') = 0, substring(raw, 2, length(raw) - 2),
            JSONExtractString(raw)
        ),
        [{{if .Late}}{{template "behind" .}}{{else}}raw{{.N}}{{end}}]
    )[1]
{{- end}}

{{define "number"}}arrayMap(
        float -> if(isFinite(float), float, NULL),
        [if(match(raw{{.N}}, '^[-"0-9]') AND match(ifNull(text{{.N}}, ''), {{.NumberPattern}}), toFloat64OrNull(text{{.N}}), NULL)]
    )[1]
{{- end}}

{{define "time"}}arrayMap(
        text -> if(match(text, {{.TimePattern}}), arrayMap(
            (year, month, day, hour, minute, second, micros, zone) -> if(
                month BETWEEN 1 AND 12
                    AND day BETWEEN 1 AND multiIf(
                        month IN (4, 6, 9, 11), 30,
                        month != 2, 31,
                        year % 4 = 0 AND (year % 100 != 0 OR year % 400 = 0), 29,
                        28
                    )
                    AND hour <= 23
                    AND minute <= 59
                    AND second <= 59
                    AND toInt64OrZero(substring(zone, 2, 2)) <= 24
                    AND toInt64OrZero(substring(zone, 5, 2)) <= 60,
                arrayMap(
                    (moved, offset) -> (
                        (
                            (
                                moved * 365 + intDiv(moved, 4) - intDiv(moved, 100) + intDiv(moved, 400)
                                + intDiv(153 * (month + if(month > 2, -3, 9)) + 2, 5) + day - 1 - 719468 - 1460970
                            ) * 24 + hour
                        ) * 60 + minute - offset
                    ) * 60000000 + second * 1000000 + micros,
                    [year + 4000 - toInt64(month <= 2)],
                    [if(startsWith(zone, '-'), -1, 1) * (toInt64OrZero(substring(zone, 2, 2)) * 60 + toInt64OrZero(substring(zone, 5, 2)))]
                )[1],
                NULL
            ),
            [toInt64OrZero(substring(text, 1, 4))],
            [toInt64OrZero(substring(text, 6, 2))],
            [toInt64OrZero(substring(text, 9, 2))],
            [toInt64OrZero(substring(text, 12, 2))],
            [toInt64OrZero(substring(text, 15, 2))],
            [toInt64OrZero(substring(text, 18, 2))],
            [toInt64OrZero(substring(rightPad(extract(text, '\\.([0-9]+)'), 6, '0'), 1, 6))],
            [if(endsWith(text, 'Z'), '+00:00', right(text, 6))]
        )[1], NULL),
        [ifNull(text{{.N}}, '')]
    )[1]
{{- end}}
