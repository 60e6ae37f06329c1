SELECT
    count(*) FILTER (WHERE starts_with(e.{{.Column}}, {{.Mark}}::text)) AS filled,
    count(*) AS total
FROM events AS e
WHERE e.organization_id = @organization
