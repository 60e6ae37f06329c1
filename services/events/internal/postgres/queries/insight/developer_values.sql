SELECT DISTINCT {{template "text" .Key}} AS text
FROM developer_properties AS d
CROSS JOIN LATERAL ({{template "document" "d"}}) AS j
WHERE d.organization_id = @organization
    AND {{template "text" .Key}} IS NOT NULL
