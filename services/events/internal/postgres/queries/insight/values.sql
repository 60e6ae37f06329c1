{{/* The values that a property has. The data is a relation and a key. */}}
SELECT DISTINCT {{template "text" .Key}} AS text
{{template "from" .Relation}}
{{template "where" .Relation}}
    AND {{template "text" .Key}} IS NOT NULL
