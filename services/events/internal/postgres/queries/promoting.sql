SELECT DISTINCT organization_id
FROM catalog_items
WHERE kind = @kind::bigint
ORDER BY organization_id
